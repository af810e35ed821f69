internal import BackflowLinearAlgebra

/// The header of an `.npy` file: a Python dictionary with the keys descr, fortran_order and shape.
struct NPYHeader {
  let element: NPYElement
  let isFortranOrder: Bool
  let shape: [Int]

  /// The largest number of characters that NumPy reads.
  static let maximumLength = 10_000

  /// The product of the extents. It may overflow even if an empty axis makes the array empty,
  /// because strides are products of the other extents. An extent too large for a `Shape` counts
  /// as an overflow.
  var elementCount: (count: Int, overflow: Bool) {
    let start = (1, shape.contains { $0 > Shape.maximumExtent })
    let (product, overflow) = shape.reduce(start) { product, extent in
      let (count, overflow) = product.0.multipliedReportingOverflow(by: max(extent, 1))
      return (count, product.1 || overflow)
    }
    return (shape.contains(0) ? 0 : product, overflow)
  }

  init(from reader: inout ByteReader) throws(CheckpointError) {
    let version = try NPYHeader.version(from: &reader)
    let length = try reader.littleEndian(size: version == 1 ? 2 : 4, "the length of the header")
    let start = reader.offset
    guard length <= reader.remaining, length <= 4 * NPYHeader.maximumLength else {
      if length > reader.remaining { _ = try reader.take(Int(length), "the header") }
      throw reader.failure(NPYHeader.tooLong(Int(length)))
    }
    let bytes = try reader.take(Int(length), "the header")
    guard let text = version == 3 ? String(validating: bytes, as: UTF8.self) : latin1(bytes) else {
      throw CheckpointError(
        reader.file, at: start, "expected a header of version 3 in UTF-8; save the array again")
    }
    guard text.unicodeScalars.count <= NPYHeader.maximumLength else {
      throw CheckpointError(
        reader.file, at: start, NPYHeader.tooLong(text.unicodeScalars.count))
    }
    do {
      try self.init(text, version: version)
    } catch {
      throw CheckpointError(
        reader.file, at: start,
        error.description + " in the header \(escaped(withoutBlanksAtEnd(text)))")
    }
  }

  private static func tooLong(_ count: Int) -> String {
    "expected a header of at most \(maximumLength) characters, found \(count)"
  }

  /// Reads the major version; the minor version is always 0.
  private static func version(from reader: inout ByteReader) throws(CheckpointError) -> Int {
    let magic = try reader.take(NPY.magic.count, "the magic string of an .npy file")
    if Array(magic.prefix(4)) == [0x50, 0x4B, 0x03, 0x04] {
      throw CheckpointError(
        reader.file, at: 0,
        "expected an .npy file, found a zip archive, as torch.save and numpy.savez write; save the"
          + " array with numpy.save")
    }
    guard magic == NPY.magic else {
      throw CheckpointError(
        reader.file, at: 0,
        "expected an .npy file, which starts with \\x93NUMPY, found \(magic)")
    }
    let version = try reader.take(2, "the format version")
    guard (1...3).contains(version[0]), version[1] == 0 else {
      let found = version[1] == 0 ? "\(version[0])" : "\(version[0]).\(version[1])"
      throw reader.failure("expected format version 1, 2 or 3, found \(found)")
    }
    return Int(version[0])
  }

  // MARK: - The dictionary

  private struct Problem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private init(_ text: String, version: Int) throws(Problem) {
    let entries = try NPYHeader.entries(text, version: version)
    guard let descr = entries["descr"]?.string else {
      throw Problem("expected the key 'descr' with the name of an element type")
    }
    guard let element = NPYElement(descr) else {
      throw Problem(
        "expected real numbers ('<f4', '<f8', '<i8', …), found '\(escaped(descr, limit: 30))'")
    }
    guard case .boolean(let isFortranOrder) = entries["fortran_order"] else {
      throw Problem("expected the key 'fortran_order' with True or False")
    }
    guard let shape = NPYHeader.extents(entries["shape"]) else {
      throw Problem("expected the key 'shape' with a tuple of extents")
    }
    let others = entries.keys.filter { !["descr", "fortran_order", "shape"].contains($0) }.sorted()
    guard others.isEmpty else {
      throw Problem(
        "expected only the keys 'descr', 'fortran_order' and 'shape', found"
          + " '\(escaped(others.joined(separator: "', '"), limit: 50))'")
    }
    guard shape.count <= Shape.maximumRank else {
      throw Problem("expected at most \(Shape.maximumRank) axes, found \(shape.count)")
    }
    (self.element, self.isFortranOrder, self.shape) = (element, isFortranOrder, shape)
  }

  /// Returns the entries of the dictionary. If a key occurs several times, the last entry is used.
  private static func entries(
    _ text: String, version: Int
  ) throws(Problem) -> [String: PythonValue] {
    do throws(PythonSyntaxError) {
      let value: PythonValue
      do throws(PythonSyntaxError) {
        value = try PythonLiteral.value(of: text.unicodeScalars, isLenient: false)
      } catch {
        // Python 2 wrote versions 1 and 2 only.
        guard version < 3 else { throw error }
        value = try PythonLiteral.value(of: text.unicodeScalars, isLenient: true)
      }
      guard case .dictionary(let pairs) = value else {
        throw PythonSyntaxError(position: 0, problem: "another value")
      }
      var entries: [String: PythonValue] = [:]
      for (key, value) in pairs { entries[key.string ?? "no string"] = value }
      return entries
    } catch {
      throw Problem(
        "expected a dictionary with the key 'descr', the key 'fortran_order' with True or False and"
          + " the key 'shape' with a tuple of extents, found \(error.problem) at character"
          + " \(error.position)")
    }
  }

  private static func extents(_ value: PythonValue?) -> [Int]? {
    guard case .tuple(let elements) = value else { return nil }
    var extents: [Int] = []
    for element in elements {
      guard case .integer(let extent?) = element, extent >= 0 else { return nil }
      extents.append(extent)
    }
    return extents
  }
}

private func withoutBlanksAtEnd(_ text: String) -> String {
  var text = Substring(text)
  while text.last?.isWhitespace == true { text.removeLast() }
  return String(text)
}

private func latin1(_ bytes: [UInt8]) -> String {
  var text = String.UnicodeScalarView()
  for byte in bytes { text.append(Unicode.Scalar(byte)) }
  return String(text)
}
