import BackflowFiles
import Testing

@Suite struct `Data in the deflate format` {
  /// A block with a match that overlaps itself: "abc", sixty bytes in total. zlib wrote it.
  private let repeated: [UInt8] = [0x4B, 0x4C, 0x4A, 0x4E, 0x24, 0x17, 0x01, 0x00]
  /// A stored block, RFC 1951, section 3.2.4.
  private let plain: [UInt8] = [1, 3, 0, 0xFC, 0xFF, 7, 8, 9]

  /// Decompresses in pieces.
  private func inflate(
    _ input: [UInt8], pieces: (input: Int, output: Int)
  ) throws -> (output: [UInt8], isAtEnd: Bool, left: Int) {
    var inflater = try Inflater()
    var (rest, output) = (input[...], [UInt8]())
    var piece = [UInt8](repeating: 0, count: pieces.output)
    while !inflater.isAtEnd {
      let (read, written) = try inflater.inflate(rest.prefix(pieces.input), into: &piece)
      if read == 0, written == 0, !inflater.isAtEnd { break }
      rest = rest.dropFirst(read)
      output += piece[..<written]
    }
    return (output, inflater.isAtEnd, rest.count)
  }

  @Test(arguments: [(100, 100), (1, 100), (100, 1), (1, 1), (3, 7)])
  func `are decompressed in pieces of any length`(pieces: (Int, Int)) throws {
    let expected = [[UInt8]](repeating: Array("abc".utf8), count: 20).flatMap { $0 }
    let first = try inflate(repeated + [1, 2], pieces: pieces)
    #expect(first.output == expected && first.isAtEnd && first.left == 2)
    let second = try inflate(plain, pieces: pieces)
    #expect(second.output == [7, 8, 9] && second.isAtEnd && second.left == 0)
  }

  @Test func `that are incomplete do not end`() throws {
    for count in 0..<repeated.count - 1 {
      let result = try inflate(Array(repeated[..<count]), pieces: (100, 100))
      #expect(!result.isAtEnd && result.left == 0)
    }
  }

  @Test func `that are damaged are rejected with the reason`() {
    let error = #expect(throws: Inflater.Problem.self) { try inflate([7], pieces: (100, 100)) }
    #expect(error?.description == "invalid block type")
    // A match before the first byte.
    #expect(throws: Inflater.Problem.self) {
      try inflate([0x03, 0x02, 0x00, 0x00], pieces: (100, 100))
    }
  }
}

@Suite struct `The checksum of bytes` {
  // The check value in the catalog of CRC algorithms, for CRC-32/ISO-HDLC.
  @Test func `is CRC-32, also in pieces`() {
    var sum = Checksum()
    #expect(sum.value == 0)
    sum.add([])
    sum.add(Array("1234".utf8))
    sum.add([])
    sum.add(Array("56789".utf8))
    #expect(sum.value == 0xCBF4_3926)
  }
}
