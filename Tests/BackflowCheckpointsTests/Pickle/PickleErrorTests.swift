import Backflow
import Testing

@Suite struct `A pickle that is not valid` {
  @Test(arguments: [
    (UInt8(0x50), "PERSID"), (0x69, "INST"), (0x6F, "OBJ"), (0x82, "EXT1"), (0x83, "EXT2"),
    (0x84, "EXT4"), (0x32, "DUP"), (0x6C, "LIST"), (0x64, "DICT"), (0x46, "FLOAT"), (0x49, "INT"),
    (0x4C, "LONG"), (0x53, "STRING"), (0x56, "UNICODE"), (0x67, "GET"), (0x70, "PUT"),
    (0x8B, "LONG4"), (0x97, "NEXT_BUFFER"), (0x98, "READONLY_BUFFER"),
  ])
  func `is rejected with the name of an opcode that is not supported`(opcode: UInt8, name: String) {
    let error = errorOpening(pickle(none, [opcode]))
    #expect(error?.problem.contains("the opcode \(name) is not supported") == true)
    #expect(error?.offset == 3 && error?.file == "some.pkl")
  }

  @Test func `is rejected if a byte is no opcode`() {
    let unknown = (0...255).filter { byte in
      let problem = "expected an opcode of a pickle, found the byte \(byte)"
      return problemOpening(pickle([UInt8(byte)])) == problem
    }
    // Protocols 0 to 5 have 68 opcodes.
    #expect(unknown.count == 256 - 68)
  }

  static let problems: [(opcodes: [UInt8], offset: Int, problem: String)] = [
    ([0x30], 2, "needs more values"),
    ([0x85], 2, "needs more values"),
    ([0x28, 0x4E, 0x86, 0x74], 4, "needs more values"),
    ([0x4E, 0x28, 0x71, 0], 4, "needs a value"),
    ([0x74], 2, "needs a mark"),
    ([0x31], 2, "needs a mark"),
    ([0x4E, 0x4E], 4, "one value at the end"),
    ([0x28, 0x4E], 4, "one value at the end"),
    ([], 2, "needs more values"),
    ([0x4E, 0x80, 2], 3, "the opcode PROTO is not at the start"),
    ([0x68, 0], 2, "no value with the number 0"),
    ([0x4E, 0x71, 0, 0x68, 1], 5, "no value with the number 1"),
    ([0x4E, 0x71, 1, 0x68, 0], 5, "no value with the number 0"),
    ([0x4E, 0x71, 2], 3, "expected a number of the memo up to 1, found 2"),
    ([0x4E, 0x72, 0xFF, 0xFF, 0xFF, 0xFF], 3, "found 4294967295"),
    ([0x6A, 0xFF, 0xFF, 0xFF, 0xFF], 2, "no value with the number 4294967295"),
    ([0x4E, 0x4E, 0x61], 4, "a list to append to"),
    ([0x4E, 0x28, 0x65], 4, "a list to append to"),
    ([0x4E, 0x28, 0x90], 4, "a set to add to"),
    ([0x4E, 0x4E, 0x4E, 0x73], 5, "a dictionary to store"),
    ([0x7D, 0x28, 0x4E, 0x75], 5, "a value for each key, found 1"),
    ([0x7D, 0x5D, 0x4E, 0x73], 5, "found a list or a dictionary"),
    ([0x28, 0x7D, 0x91], 4, "found a list or a dictionary"),
    ([0x4E, 0x29, 0x52], 4, "a class or a function to call"),
    ([0x63, 97, 10, 98, 10, 0x4E, 0x52], 8, "a tuple of arguments"),
    ([0x63, 97, 10, 98, 10, 0x29, 0x4E, 0x92], 9, "a dictionary of named arguments"),
    ([0x4E, 0x4E, 0x93], 4, "texts for the module"),
    ([0x7D, 0x7D, 0x62], 4, "an object whose state"),
    ([0x63, 97, 10, 98, 10, 0x29, 0x52, 0x4E, 0x62, 0x4E, 0x62], 12, "a second time"),
    ([0x4E, 0x51], 0, "expected a persistent ID"),
  ]

  @Test(arguments: problems)
  func `is rejected with the byte of the opcode`(
    opcodes: [UInt8], offset: Int, problem: String
  ) {
    let error = errorOpening(pickle(opcodes))
    #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "") – \(problem)")
    #expect((error?.offset ?? 0) == offset, "\(problem)")
  }

  /// Opcodes whose lengths and arguments are longer than the rest of the file.
  @Test(arguments: [
    [UInt8(0x58), 255, 255, 255, 255], [0x8C, 200], [0x8D] + [UInt8](repeating: 255, count: 8),
    [0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80], [0x42, 0, 0, 0, 128], [0x43, 9], [0x54, 255, 255, 255, 127],
    [0x55, 200], [0x8E] + [UInt8](repeating: 127, count: 8), [0x96, 0, 0, 0, 0, 1, 0, 0, 0],
    [0x8A, 200, 1], [0x95] + [UInt8](repeating: 255, count: 8), [0x4A, 1], [0x47, 1, 2],
    [0x63, 97], [0x63, 97, 10, 98], [0x71],
  ])
  func `is rejected where a length is wrong`(opcodes: [UInt8]) {
    let error = errorOpening([0x80, 2] + opcodes)
    #expect(error?.problem.hasPrefix("expected") == true)
    #expect(error?.problem.contains("found") == true, "\(error?.problem ?? "")")
  }

  @Test func `is rejected if it has another protocol or a long name`() {
    for version: UInt8 in [0, 1, 6, 255] {
      #expect(errorOpening([0x80, version, 0x4E, 0x2E]) != nil)
    }
    let name = String(repeating: "a", count: 5000)
    #expect(
      errorOpening(pickle(global(name, "b")))?.problem.contains("a line of at most 4096") == true)
  }
}
