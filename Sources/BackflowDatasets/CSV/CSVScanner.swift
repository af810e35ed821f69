/// A scanner of the fields of a CSV file in bytes (RFC 4180).
///
/// A line ends with LF, CRLF or a single CR. A field in quotation marks may contain separators,
/// line breaks and doubled quotation marks. A quotation mark elsewhere is an error, because readers
/// disagree about it.
struct CSVScanner {
  /// A problem in a field.
  struct Problem: Error {
    let description: String
    /// The index of the field in its record, if the problem is in one.
    var column: Int?
  }

  /// A field whose end has been seen.
  struct Field {
    /// The contents, as a range of the bytes, or of `unescaped` if it had doubled quotation marks.
    var contents: Range<Int>
    var isUnescaped = false
    /// The index of the separator or line break after the field.
    var end: Int
    /// The number of line breaks in the field.
    var lineBreaks = 0
  }

  /// What follows a field.
  enum Following {
    case field(start: Int)
    case record(start: Int)
    /// The bytes end within a line break.
    case unknown
  }

  // Computed, because a stored static property is checked for initialization at every use.
  private static var quote: UInt8 { 0x22 }
  private static var lineFeed: UInt8 { 0x0A }
  private static var carriageReturn: UInt8 { 0x0D }

  let separator: UInt8
  private let trimsSpaces: Bool
  /// The largest byte that may end a field. All letters and digits are above it, usually.
  private let lastMark: UInt8
  /// The contents of the last field with doubled quotation marks, at the start.
  private(set) var unescaped: [UInt8] = []

  init(separator: UInt8, trimsSpaces: Bool) {
    (self.separator, self.trimsSpaces) = (separator, trimsSpaces)
    lastMark = max(separator, Self.quote)
  }

  /// Whether a byte is a blank that may surround a number.
  @inline(__always)
  func isBlank(_ byte: UInt8) -> Bool { (byte == 0x20 || byte == 0x09) && byte != separator }

  /// Whether a byte ends a field without quotation marks.
  @inline(__always)
  func isEnd(_ byte: UInt8) -> Bool {
    byte == separator || byte == Self.lineFeed || byte == Self.carriageReturn
  }

  /// Returns the field that starts at `start`, or `nil` if more bytes are needed to find its end.
  mutating func field(
    in bytes: Span<UInt8>, from start: Int, isLast: Bool
  ) throws(Problem) -> Field? {
    var start = start
    if trimsSpaces { while start < bytes.count, isBlank(bytes[start]) { start += 1 } }
    if start < bytes.count, bytes[start] == Self.quote {
      return try quoted(in: bytes, from: start, isLast: isLast)
    }
    var end = start
    while end < bytes.count {
      let byte = bytes[end]
      if byte <= lastMark {
        if isEnd(byte) { break }
        if byte == Self.quote {
          throw Problem(
            description: "expected no quotation mark within a field; a field that has one must be"
              + " in quotation marks, with each one in it doubled")
        }
      }
      end += 1
    }
    if end == bytes.count, !isLast { return nil }
    var last = end
    if trimsSpaces { while last > start, isBlank(bytes[last - 1]) { last -= 1 } }
    return Field(contents: start..<last, end: end)
  }

  private mutating func quoted(
    in bytes: Span<UInt8>, from start: Int, isLast: Bool
  ) throws(Problem) -> Field? {
    var field = Field(contents: start + 1..<start + 1, end: start)
    var position = start + 1
    while true {
      guard position < bytes.count else {
        if !isLast { return nil }
        throw Problem(description: "expected a quotation mark that ends the field, found none")
      }
      let byte = bytes[position]
      if byte == Self.quote {
        // Whether it is doubled is known only if there is another byte.
        guard position + 1 < bytes.count else {
          if !isLast { return nil }
          break
        }
        guard bytes[position + 1] == Self.quote else { break }
        field.isUnescaped = true
        position += 1
      } else if byte == Self.lineFeed {
        field.lineBreaks += 1
      } else if byte == Self.carriageReturn,
        position + 1 == bytes.count || bytes[position + 1] != Self.lineFeed
      {
        field.lineBreaks += 1
      }
      position += 1
    }
    field.contents = start + 1..<position
    if field.isUnescaped { field.contents = unescape(bytes, field.contents) }
    position += 1
    if trimsSpaces { while position < bytes.count, isBlank(bytes[position]) { position += 1 } }
    guard position < bytes.count else {
      field.end = position
      return isLast ? field : nil
    }
    guard isEnd(bytes[position]) else {
      throw Problem(
        description: "expected a separator or the end of the line after a quotation mark that ends"
          + " a field")
    }
    field.end = position
    return field
  }

  /// Stores the bytes of `range` at the start of `unescaped`, with single instead of doubled
  /// quotation marks, and returns where they are.
  private mutating func unescape(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    if unescaped.count < range.count {
      unescaped = [UInt8](repeating: 0, count: 2 * range.count)
    }
    var target = unescaped.mutableSpan
    var (position, count) = (range.lowerBound, 0)
    while position < range.upperBound {
      target[count] = bytes[position]
      position += bytes[position] == Self.quote ? 2 : 1
      count += 1
    }
    return 0..<count
  }

  /// Returns what follows a field that ends at `end`.
  @inline(__always)
  func following(_ end: Int, in bytes: Span<UInt8>, isLast: Bool) -> Following {
    guard end < bytes.count else { return .record(start: end) }
    if bytes[end] == separator { return .field(start: end + 1) }
    if bytes[end] == Self.lineFeed { return .record(start: end + 1) }
    guard end + 1 < bytes.count else { return isLast ? .record(start: end + 1) : .unknown }
    return .record(start: bytes[end + 1] == Self.lineFeed ? end + 2 : end + 1)
  }
}
