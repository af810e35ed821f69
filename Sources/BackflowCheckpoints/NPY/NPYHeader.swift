internal import BackflowLinearAlgebra

/// The header of an `.npy` file: a Python dictionary with the keys descr, fortran_order and shape.
struct NPYHeader {
  let element: NPYElement
  let isFortranOrder: Bool
  let shape: [Int]

  /// The product of the extents. It may overflow even where an empty axis makes the array empty:
  /// strides are products of the other extents. An extent that no `Shape` can hold counts as one.
  var elementCount: (count: Int, overflow: Bool) {
    let start = (1, shape.contains { $0 > Shape.maximumExtent })
    let (product, overflow) = shape.reduce(start) { product, extent in
      let (count, overflow) = product.0.multipliedReportingOverflow(by: max(extent, 1))
      return (count, product.1 || overflow)
    }
    return (shape.contains(0) ? 0 : product, overflow)
  }

  init(from reader: inout ByteReader) throws(CheckpointError) {
    let magic = try reader.take(NPY.magic.count, "the magic string of an .npy file")
    if Array(magic.prefix(4)) == [0x50, 0x4B, 0x03, 0x04] {
      throw CheckpointError(
        reader.file, at: 0,
        "a zip archive, as torch.save and numpy.savez write, and not an .npy file: save the one"
          + " array with numpy.save")
    }
    guard Array(magic) == NPY.magic else {
      throw CheckpointError(
        reader.file, at: 0,
        "not an .npy file: it starts with \(Array(magic)) and not with"
          + " \\x93NUMPY")
    }
    let version = try reader.littleEndian(size: 2, "the format version")
    let major = version & 0xFF
    guard (1...3).contains(major) else {
      throw reader.failure("expected format version 1, 2 or 3, found \(major)")
    }
    let length = try reader.littleEndian(size: major == 1 ? 2 : 4, "the header's length")
    let start = reader.offset
    let header = try reader.take(Int(length), "the header")
    let text = String(decoding: header, as: UTF8.self)

    func failure(_ problem: String) -> CheckpointError {
      CheckpointError(reader.file, at: start, problem + " in the header \(text.trimmed)")
    }
    guard let descr = NPYHeader.string(after: "'descr':", in: text) else {
      throw failure("expected the key 'descr' with the name of an element type")
    }
    guard let element = NPYElement(descr) else {
      throw failure("expected real numbers ('<f4', '<f8', '<i8', …), found '\(descr)'")
    }
    guard let isFortranOrder = NPYHeader.boolean(after: "'fortran_order':", in: text) else {
      throw failure("expected the key 'fortran_order' with True or False")
    }
    guard let shape = NPYHeader.tuple(after: "'shape':", in: text) else {
      throw failure("expected the key 'shape' with a tuple of extents")
    }
    guard shape.count <= Shape.maximumRank else {
      throw failure("expected at most \(Shape.maximumRank) axes, found \(shape.count)")
    }
    (self.element, self.isFortranOrder, self.shape) = (element, isFortranOrder, shape)
  }

  // MARK: - The three kinds of value that NumPy writes

  private static func value(after key: String, in text: String) -> Substring? {
    text.firstRange(of: key).map { text[$0.upperBound...].drop { $0 == " " } }
  }

  private static func string(after key: String, in text: String) -> String? {
    guard var rest = value(after: key, in: text), rest.popFirst() == "'",
      let end = rest.firstIndex(of: "'")
    else { return nil }
    return String(rest[..<end])
  }

  private static func boolean(after key: String, in text: String) -> Bool? {
    guard let rest = value(after: key, in: text) else { return nil }
    if rest.hasPrefix("True") { return true }
    return rest.hasPrefix("False") ? false : nil
  }

  private static func tuple(after key: String, in text: String) -> [Int]? {
    guard var rest = value(after: key, in: text), rest.popFirst() == "(",
      let end = rest.firstIndex(of: ")")
    else { return nil }
    let extents = rest[..<end].split(separator: ",").map { Int(String($0).trimmed) }
    guard extents.allSatisfy({ $0.map { $0 >= 0 } ?? false }) else { return nil }
    return extents.compactMap { $0 }
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text.drop(while: \.isWhitespace))
  }
}
