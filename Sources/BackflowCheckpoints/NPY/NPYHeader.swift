internal import BackflowLinearAlgebra

/// The header of an `.npy` file: a Python dictionary with the keys descr, fortran_order and shape.
struct NPYHeader {
  /// NumPy's name of the element type.
  let descr: String
  /// The element type, or an error if it is not supported.
  let element: Result<NPYElement, CheckpointError>
  let isFortranOrder: Bool
  let shape: [Int]

  /// The largest number of characters that NumPy reads.
  static let maximumLength = 10_000

  /// What the array is read for.
  enum Purpose {
    /// A `Tensor`, which has real elements and the limits of a `Shape`.
    case tensor
    /// A `StoredTensor`.
    case storage

    var maximumRank: Int { self == .tensor ? Shape.maximumRank : StridedLayout.maximumRank }
  }

  /// The product of the extents. It may overflow even if an empty axis makes the array empty,
  /// because strides are products of the other extents.
  var elementCount: (count: Int, overflow: Bool) {
    let (product, overflow) = shape.reduce((1, false)) { product, extent in
      let (count, overflow) = product.0.multipliedReportingOverflow(by: max(extent, 1))
      return (count, product.1 || overflow)
    }
    return (shape.contains(0) ? 0 : product, overflow)
  }

  /// The distances between consecutive elements along each axis, if the product of the extents does
  /// not overflow, and `nil` in C order.
  var strides: [Int]? {
    guard isFortranOrder else { return nil }
    var next = 1
    return shape.map { extent in
      defer { next *= max(extent, 1) }
      return next
    }
  }

  init(from reader: inout ByteReader, for purpose: Purpose) throws(CheckpointError) {
    let version = try NPYHeader.version(from: &reader)
    let length = try reader.littleEndian(size: version == 1 ? 2 : 4, "the length of the header")
    let (source, start) = (reader.source, reader.offset)
    guard length <= reader.remaining, length <= 4 * NPYHeader.maximumLength else {
      if length > reader.remaining { _ = try reader.take(Int(length), "the header") }
      throw reader.failure(NPYHeader.tooLong(Int(length)))
    }
    let bytes = try reader.take(Int(length), "the header")
    guard let text = version == 3 ? String(validating: bytes, as: UTF8.self) : latin1(bytes) else {
      throw source.failure(
        at: start, "expected a header of version 3 in UTF-8; save the array again")
    }
    guard text.unicodeScalars.count <= NPYHeader.maximumLength else {
      throw source.failure(at: start, NPYHeader.tooLong(text.unicodeScalars.count))
    }
    let located = { (problem: Problem) in
      source.failure(
        at: start,
        problem.description + " in the header \(escaped(withoutBlanksAtEnd(text)))")
    }
    do throws(Problem) {
      let fields = try NPYHeader.fields(text, version: version, purpose)
      (descr, isFortranOrder, shape) = (fields.descr, fields.isFortranOrder, fields.shape)
      element = fields.element.mapError(located)
    } catch {
      throw located(error)
    }
  }

  private static func tooLong(_ count: Int) -> String {
    "expected a header of at most \(maximumLength) characters, found \(count)"
  }

  /// Reads the major version; the minor version is always 0.
  private static func version(from reader: inout ByteReader) throws(CheckpointError) -> Int {
    let magic = try reader.take(NPY.magic.count, "the magic string of an .npy file")
    if Array(magic.prefix(4)) == [0x50, 0x4B, 0x03, 0x04] {
      throw reader.source.failure(
        at: 0,
        "expected an .npy file, found a zip archive, as torch.save and numpy.savez write; open it as"
          + " a Checkpoint")
    }
    guard magic == NPY.magic else {
      throw reader.source.failure(
        at: 0, "expected an .npy file, which starts with \\x93NUMPY, found \(magic)")
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

  private static func fields(
    _ text: String, version: Int, _ purpose: Purpose
  ) throws(Problem) -> (
    descr: String, element: Result<NPYElement, Problem>, isFortranOrder: Bool, shape: [Int]
  ) {
    let entries = try entries(text, version: version)
    let descr = try descr(entries["descr"], purpose)
    guard case .boolean(let isFortranOrder) = entries["fortran_order"] else {
      throw Problem("expected the key 'fortran_order' with True or False")
    }
    guard let shape = extents(entries["shape"]) else {
      throw Problem("expected the key 'shape' with a tuple of extents")
    }
    let others = entries.keys.filter { !["descr", "fortran_order", "shape"].contains($0) }.sorted()
    guard others.isEmpty else {
      throw Problem(
        "expected only the keys 'descr', 'fortran_order' and 'shape', found"
          + " '\(escaped(others.joined(separator: "', '"), limit: 50))'")
    }
    guard shape.count <= purpose.maximumRank else {
      throw Problem("expected at most \(purpose.maximumRank) axes, found \(shape.count)")
    }
    return (descr, element(descr, purpose), isFortranOrder, shape)
  }

  private static func descr(
    _ value: PythonValue?, _ purpose: Purpose
  ) throws(Problem) -> String {
    if let descr = value?.string { return descr }
    // A list describes the fields of records.
    if case .unhashable = value, purpose == .storage { return "records" }
    throw Problem("expected the key 'descr' with the name of an element type")
  }

  private static func element(_ descr: String, _ purpose: Purpose) -> Result<NPYElement, Problem> {
    let element = NPYElement(descr)
    if let element, purpose == .storage || element.type.realType == nil { return .success(element) }
    return .failure(
      Problem(
        "expected \(purpose == .tensor ? "real numbers" : "numbers") ('<f4', '<f8', '<i8', …), found"
          + " '\(escaped(descr, limit: 30))'"
          + (isForeign(descr)
            ? ", as NumPy stores bfloat16 and float8; convert the array to float32, or write a"
              + " .safetensors file"
            : "")))
  }

  /// Whether the elements are one or two bytes without a meaning, as those of the types of 8 and 16
  /// bits that NumPy does not have.
  static func isForeign(_ descr: String) -> Bool {
    ["V1", "V2"].contains(descr.drop { "<>|=".contains($0) })
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
