/// A reader that takes bytes in order. Every read is checked against the end.
struct ByteReader {
  let source: ByteSource
  private(set) var offset: Int

  init(_ source: ByteSource, at offset: Int = 0) {
    (self.source, self.offset) = (source, offset)
  }

  var remaining: Int { source.count - offset }

  /// Returns the next `count` bytes. `what` describes them in the error message.
  mutating func take(_ count: Int, _ what: String) throws(CheckpointError) -> [UInt8] {
    guard count <= remaining else { throw source.ending(at: offset, what, count, remaining) }
    let bytes = try source.bytes(offset..<offset + count, what)
    offset += count
    return bytes
  }

  /// Returns the next `count` bytes, which are not read yet, under the name of an entry.
  mutating func part(
    _ count: Int, entry: String, _ what: String
  ) throws(CheckpointError) -> ByteSource {
    guard count <= remaining else { throw source.ending(at: offset, what, count, remaining) }
    let part = source.part(offset..<offset + count, entry: entry)
    offset += count
    return part
  }

  /// Returns a little-endian unsigned integer of `size` bytes.
  mutating func littleEndian(size: Int, _ what: String) throws(CheckpointError) -> UInt64 {
    try take(size, what).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func failure(_ problem: String) -> CheckpointError { source.failure(at: offset, problem) }
}
