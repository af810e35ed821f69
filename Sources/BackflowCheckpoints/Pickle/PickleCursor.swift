/// A position in the bytes of a pickle, whose end is unknown until it is reached.
///
/// The bytes are read from the file once, in pieces of increasing size, and kept for the texts in
/// them. Reading an opcode and its argument allocates nothing.
struct PickleCursor {
  /// The bytes in which the pickle lies.
  let source: ByteSource
  /// The offset of the pickle in `source`.
  let start: Int
  /// The bytes of the pickle that have been read.
  private(set) var bytes: [UInt8] = []
  /// The offset of the next byte, from the start of the pickle.
  private(set) var position = 0

  static let maximumLength = 256 << 20
  private static let firstPieceLength = 1 << 14

  init(_ source: ByteSource, at start: Int) { (self.source, self.start) = (source, start) }

  /// The number of bytes from the next one to the end of the source.
  var remaining: Int { source.count - start - position }

  /// Advances past `count` bytes and returns their range in `bytes`.
  mutating func take(_ count: Int, _ what: String) throws(CheckpointError) -> Range<Int> {
    if count > bytes.count - position { try read(count, what) }
    let range = position..<position + count
    position = range.upperBound
    return range
  }

  /// Reads more bytes, so that at least `count` are available.
  private mutating func read(_ count: Int, _ what: String) throws(CheckpointError) {
    guard count <= remaining else {
      throw failure(
        at: position, "expected \(count) bytes for \(what), found \(max(remaining, 0))")
    }
    let needed = position + count
    guard needed <= PickleCursor.maximumLength else {
      throw failure(
        at: position, "expected a pickle of at most \(PickleCursor.maximumLength) bytes")
    }
    let goal = max(needed, 2 * bytes.count, PickleCursor.firstPieceLength)
    let end = min(goal, PickleCursor.maximumLength, source.count - start)
    bytes += try source.bytes(start + bytes.count..<start + end, what)
  }

  /// Returns the next byte.
  mutating func byte(_ what: String) throws(CheckpointError) -> UInt8 {
    bytes[try take(1, what).lowerBound]
  }

  /// Returns a little-endian unsigned integer of `size` bytes, at most 8.
  mutating func unsigned(size: Int, _ what: String) throws(CheckpointError) -> UInt64 {
    var value: UInt64 = 0
    for index in try take(size, what).reversed() { value = value << 8 | UInt64(bytes[index]) }
    return value
  }

  /// Takes as many bytes as the unsigned integer of `size` bytes before them says.
  mutating func counted(size: Int, _ what: String) throws(CheckpointError) -> Range<Int> {
    let count = try unsigned(size: size, "the length of \(what)")
    return try take(Int(exactly: count) ?? .max, what)
  }

  /// Takes a line and returns its range without the newline.
  mutating func line(_ what: String) throws(CheckpointError) -> Range<Int> {
    let begin = position
    while try byte(what) != UInt8(ascii: "\n") {
      guard position - begin <= PickleGraph.maximumNameLength else {
        throw failure(
          at: begin,
          "expected a line of at most \(PickleGraph.maximumNameLength) bytes for \(what)")
      }
    }
    return begin..<position - 1
  }

  /// Returns an error at an offset from the start of the pickle.
  func failure(at offset: Int, _ problem: String) -> CheckpointError {
    source.failure(at: start + offset, problem)
  }
}
