// Opcodes that push a value that they contain.

extension PickleMachine {
  /// Executes `opcode` if it is one of these, and returns whether it is.
  mutating func pushValue(_ opcode: PickleOpcode) throws(CheckpointError) -> Bool {
    switch opcode {
    case .binint:
      let bits = UInt32(truncatingIfNeeded: try cursor.unsigned(size: 4, "an integer"))
      try push(.integer(Int64(Int32(bitPattern: bits))))
    case .binint1: try push(.integer(Int64(try cursor.unsigned(size: 1, "an integer"))))
    case .binint2: try push(.integer(Int64(try cursor.unsigned(size: 2, "an integer"))))
    case .long1: try push(try long())
    case .binfloat:
      // The only number of a pickle in big-endian order.
      let bits = try cursor.unsigned(size: 8, "a float").byteSwapped
      try push(.float(Double(bitPattern: bits)))
    case .shortBinunicode: try pushText(size: 1)
    case .binunicode: try pushText(size: 4)
    case .binunicode8: try pushText(size: 8)
    case .shortBinstring, .shortBinbytes: try pushBytes(size: 1)
    case .binstring, .binbytes: try pushBytes(size: 4)
    case .binbytes8, .bytearray8: try pushBytes(size: 8)
    default: return false
    }
    return true
  }

  private mutating func pushText(size: Int) throws(CheckpointError) {
    try push(.text(PickleBytes(try cursor.counted(size: size, "a text"))))
  }

  private mutating func pushBytes(size: Int) throws(CheckpointError) {
    try push(.bytes(PickleBytes(try cursor.counted(size: size, "bytes"))))
  }

  /// Reads an integer in little-endian two's complement of up to 255 bytes.
  private mutating func long() throws(CheckpointError) -> PickleNode {
    let range = try cursor.counted(size: 1, "an integer")
    guard let last = range.last else { return .integer(0) }
    let isNegative = cursor.bytes[last] >= 0x80
    guard range.count <= 9 else { return .largeInteger(byteCount: range.count) }
    var word: UInt64 = isNegative && range.count < 8 ? .max : 0
    for index in range.prefix(8).reversed() { word = word << 8 | UInt64(cursor.bytes[index]) }
    if range.count <= 8 { return .integer(Int64(bitPattern: word)) }
    guard cursor.bytes[last] == 0 else { return .largeInteger(byteCount: range.count) }
    return Int64(exactly: word).map(PickleNode.integer) ?? .unsigned(word)
  }
}
