/// A message in the encoding of Protocol Buffers (protobuf.dev, "Encoding"), as far as event files
/// need it.
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  /// How the bytes of a field end.
  private enum WireType: UInt64 {
    case variable = 0
    case eightBytes = 1
    case counted = 2
    case fourBytes = 5
  }

  mutating func add(_ number: Double, to field: UInt64) {
    begin(field, .eightBytes)
    bytes += littleEndian(number.bitPattern)
  }

  mutating func add(_ number: Float, to field: UInt64) {
    begin(field, .fourBytes)
    bytes += littleEndian(number.bitPattern)
  }

  mutating func add(_ number: Int, to field: UInt64) {
    begin(field, .variable)
    add(UInt64(bitPattern: Int64(number)))
  }

  mutating func add(_ text: String, to field: UInt64) { add(counted: Array(text.utf8), field) }

  mutating func add(_ message: ProtobufMessage, to field: UInt64) {
    add(counted: message.bytes, field)
  }

  mutating func add(_ numbers: [Double], to field: UInt64) {
    add(counted: numbers.flatMap { littleEndian($0.bitPattern) }, field)
  }

  private mutating func add(counted content: [UInt8], _ field: UInt64) {
    begin(field, .counted)
    add(UInt64(content.count))
    bytes += content
  }

  private mutating func begin(_ field: UInt64, _ type: WireType) { add(field << 3 | type.rawValue) }

  /// Adds seven bits a byte, the lowest first; the highest bit of a byte says that another follows.
  private mutating func add(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
