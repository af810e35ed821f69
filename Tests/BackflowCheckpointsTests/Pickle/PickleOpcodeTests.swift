import Backflow
import Testing

@Suite struct `An opcode of a pickle` {
  /// The metadata of a dictionary with the value of these opcodes under the key "x".
  private func metadata(_ value: [UInt8]) throws -> [String: String] {
    let checkpoint = try checkpoint(pickle(dictionary(("x", value))))
    #expect(checkpoint.tensors.isEmpty)
    return Dictionary(uniqueKeysWithValues: checkpoint.metadata.map { ($0, $1) })
  }

  static let values: [(name: String, opcodes: [UInt8], expected: String)] = [
    ("BININT", [0x4A, 0xFE, 0xFF, 0xFF, 0xFF], "-2"),
    ("BININT1", [0x4B, 200], "200"),
    ("BININT2", [0x4D, 0xFF, 0xFE], "65279"),
    ("LONG1 without bytes", [0x8A, 0], "0"),
    ("LONG1 of 1 byte", [0x8A, 1, 0xFF], "-1"),
    ("LONG1 of 2 bytes", [0x8A, 2, 0xFF, 0x7F], "32767"),
    ("LONG1 of 8 bytes", [0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80], "-9223372036854775808"),
    (
      "LONG1 of 9 bytes", [0x8A, 9] + [UInt8](repeating: 0xFF, count: 8) + [0],
      "18446744073709551615"
    ),
    ("LONG1 with a superfluous byte", [0x8A, 9, 5, 0, 0, 0, 0, 0, 0, 0, 0], "5"),
    ("BINFLOAT", [0x47, 0xBF, 0xE8, 0, 0, 0, 0, 0, 0], "-0.75"),
    ("NEWTRUE", [0x88], "True"),
    ("NEWFALSE", [0x89], "False"),
    ("BINUNICODE", [0x58, 3, 0, 0, 0] + Array("aü".utf8), "aü"),
    ("SHORT_BINUNICODE", [0x8C, 2] + Array("ab".utf8), "ab"),
    ("BINUNICODE8", [0x8D, 2, 0, 0, 0, 0, 0, 0, 0] + Array("ab".utf8), "ab"),
    ("an unpaired surrogate", [0x58, 3, 0, 0, 0, 0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
    ("BINSTRING", [0x54, 2, 0, 0, 0] + Array("ab".utf8), "ab"),
    ("SHORT_BINSTRING", [0x55, 2] + Array("ab".utf8), "ab"),
    ("FRAME", [0x95, 2, 0, 0, 0, 0, 0, 0, 0, 0x88], "True"),
    ("POP", [0x88, 0x89, 0x30], "True"),
    ("POP of a mark", [0x88, 0x28, 0x30], "True"),
    ("POP_MARK", [0x88, 0x28, 0x89, 0x4E, 0x31], "True"),
    ("BINPUT and BINGET", [0x88, 0x71, 1, 0x30, 0x68, 1], "True"),
    ("LONG_BINPUT and LONG_BINGET", [0x88, 0x72, 0, 0, 0, 0, 0x30, 0x6A, 0, 0, 0, 0], "True"),
    ("MEMOIZE", [0x88, 0x94, 0x89, 0x94, 0x30, 0x30, 0x68, 0], "True"),
  ]

  @Test(arguments: values)
  func `gives its value`(name: String, opcodes: [UInt8], expected: String) throws {
    #expect(try metadata(opcodes) == ["x": expected], "\(name)")
  }

  static let containers: [(name: String, opcodes: [UInt8], expected: [String: String])] = [
    ("NONE", [0x4E], [:]),
    ("EMPTY_TUPLE", [0x29], [:]),
    ("TUPLE1", [0x88, 0x85], ["x.0": "True"]),
    ("TUPLE2", [0x88, 0x89, 0x86], ["x.0": "True", "x.1": "False"]),
    ("TUPLE3", [0x88, 0x89, 0x4B, 2, 0x87], ["x.0": "True", "x.1": "False", "x.2": "2"]),
    ("TUPLE", [0x28, 0x88, 0x89, 0x74], ["x.0": "True", "x.1": "False"]),
    ("EMPTY_LIST", [0x5D], [:]),
    ("APPEND", [0x5D, 0x88, 0x61, 0x89, 0x61], ["x.0": "True", "x.1": "False"]),
    ("APPENDS", [0x5D, 0x28, 0x88, 0x89, 0x65], ["x.0": "True", "x.1": "False"]),
    ("EMPTY_DICT", [0x7D], [:]),
    ("SETITEM", [0x7D, 0x4B, 7, 0x88, 0x73], ["x.7": "True"]),
    (
      "SETITEMS", [0x7D, 0x28, 0x4B, 7, 0x88, 0x4E, 0x89, 0x75],
      ["x.7": "True", "x.None": "False"]
    ),
    ("a key twice", [0x7D, 0x28, 0x4B, 7, 0x88, 0x4B, 7, 0x89, 0x75], ["x.7": "False"]),
    (
      "REDUCE", global("collections", "OrderedDict") + [0x29, 0x52, 0x4B, 7, 0x88, 0x73],
      ["x.7": "True"]
    ),
    (
      "STACK_GLOBAL",
      text("collections") + text("OrderedDict") + [0x93, 0x29, 0x52, 0x4B, 7, 0x88, 0x73],
      ["x.7": "True"]
    ),
    (
      "NEWOBJ and BUILD",
      global("some", "Class") + [0x29, 0x81] + dictionary(("rate", [0x4B, 1])) + [0x62],
      ["x.rate": "1"]
    ),
    (
      "BUILD with slots",
      global("some", "Class") + [0x29, 0x81, 0x4E] + dictionary(("rate", [0x4B, 1])) + [
        0x86, 0x62,
      ],
      ["x.rate": "1"]
    ),
    (
      "NEWOBJ_EX", global("some", "Class") + [0x29] + dictionary(("rate", [0x4B, 1])) + [0x92],
      ["x.rate": "1"]
    ),
    (
      "APPEND to an object", global("collections", "deque") + [0x29, 0x52, 0x88, 0x61],
      ["x.0": "True"]
    ),
  ]

  @Test(arguments: containers)
  func `makes a container`(
    name: String, opcodes: [UInt8], expected: [String: String]
  ) throws {
    #expect(try metadata(opcodes) == expected, "\(name)")
  }

  static let omissions: [(name: String, opcodes: [UInt8], reason: String)] = [
    ("LONG1 of 10 bytes", [0x8A, 10] + [UInt8](repeating: 1, count: 10), "an integer of 10 bytes"),
    (
      "LONG1 of 9 bytes below 0", [0x8A, 9] + [UInt8](repeating: 0xFE, count: 9),
      "an integer of 9 bytes"
    ),
    ("BINBYTES", [0x42, 3, 0, 0, 0, 1, 2, 3], "3 bytes"),
    ("SHORT_BINBYTES", [0x43, 2, 1, 2], "2 bytes"),
    ("BINBYTES8", [0x8E, 1, 0, 0, 0, 0, 0, 0, 0, 1], "1 byte"),
    ("BYTEARRAY8", [0x96, 1, 0, 0, 0, 0, 0, 0, 0, 1], "1 byte"),
    ("EMPTY_SET and ADDITEMS", [0x8F, 0x28, 0x88, 0x89, 0x90], "a set of 2 values"),
    ("FROZENSET", [0x28, 0x88, 0x91], "a set of 1 value"),
    ("GLOBAL", global("some.place", "Class"), "the class or function some.place.Class"),
    ("REDUCE", global("os", "system") + text("ls") + [0x85, 0x52], "an object of os.system"),
    ("a long text", text(String(repeating: "a", count: 1001)), "a text of 1001 bytes"),
  ]

  @Test(arguments: omissions)
  func `gives a value that is named and not read`(
    name: String, opcodes: [UInt8], reason: String
  ) throws {
    let checkpoint = try checkpoint(pickle(dictionary(("x", opcodes))))
    #expect(checkpoint.omissions.map(\.name) == ["x"], "\(name)")
    #expect(checkpoint.omissions.map(\.reason) == [reason], "\(name)")
    #expect(checkpoint.tensors.isEmpty && checkpoint.metadata.isEmpty)
  }
}
