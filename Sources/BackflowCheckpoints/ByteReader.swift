/// Reads the bytes of a file from front to back; every read is checked against the end.
struct ByteReader {
  let file: String
  private let bytes: [UInt8]
  private(set) var offset = 0

  init(_ bytes: [UInt8], of file: String) {
    self.bytes = bytes
    self.file = file
  }

  var remaining: Int { bytes.count - offset }

  /// The next `count` bytes, `what` they are being named in the error.
  mutating func take(_ count: Int, _ what: String) throws(CheckpointError) -> ArraySlice<UInt8> {
    guard count <= remaining else {
      throw failure("the file ends here; \(what) needs \(count) bytes, \(remaining) are left")
    }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  /// An unsigned integer of `size` bytes, least significant first.
  mutating func littleEndian(size: Int, _ what: String) throws(CheckpointError) -> UInt64 {
    try take(size, what).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func failure(_ problem: String) -> CheckpointError {
    CheckpointError(file, at: offset, problem)
  }
}
