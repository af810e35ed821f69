import Backflow
import Testing

@Suite struct `An archive of PyTorch` {
  /// The opcodes of the persistent ID of a storage, without an element for a view.
  private static func storage(key: String = "0", count: Int = 6) -> [UInt8] {
    tuple(text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), integer(count))
      + [0x51]
  }

  private static let object = pickle(dictionary(("x", tensor(storage()))))

  /// An archive with the tensor x of the elements 0 to 5, in which the entries of `changes` have
  /// other bytes or are missing.
  private func archive(_ changes: [(name: String, bytes: [UInt8]?)] = []) -> [UInt8] {
    var entries = [
      ZipBuilder.Entry("r/data.pkl", Self.object),
      ZipBuilder.Entry("r/byteorder", Array("little".utf8)),
      ZipBuilder.Entry("r/data/0", floats(0..<6)),
      ZipBuilder.Entry("r/version", Array("3\n".utf8)),
    ]
    for (name, bytes) in changes {
      let index = entries.firstIndex { $0.name == Array(name.utf8) }
      if let index { entries.remove(at: index) }
      if let bytes { entries.insert(.init(name, bytes), at: index ?? entries.count) }
    }
    return ZipBuilder(entries).bytes
  }

  @Test func `has its storages in entries`() throws {
    let expected = Tensor((0..<6).map(Float.init), shape: [2, 3])
    let checkpoint = try checkpoint(archive())
    #expect(try checkpoint["x"]?.values() == expected)
    #expect(checkpoint.tensors.count == 1 && checkpoint.omissions.isEmpty)
    let bare = archive([("r/byteorder", nil), ("r/.format_version", [0x31])])
    #expect(try Checkpoint(bytes: bare, name: "x")["x"]?.values() == expected)
  }

  @Test func `may have big-endian numbers`() throws {
    let changes: [(String, [UInt8]?)] = [
      ("r/byteorder", Array("big".utf8)),
      ("r/data/0", [0x3F, 0x80] + [UInt8](repeating: 0, count: 22)),
    ]
    let values = try checkpoint(archive(changes))["x"]?.values(as: Float.self)
    #expect(values == Tensor([1, 0, 0, 0, 0, 0], shape: [2, 3]))
  }

  static let damage: [(entry: String, bytes: [UInt8]?, problem: String)] = [
    ("r/byteorder", Array("little\n".utf8), "the byte order little or big"),
    ("r/version", nil, "r/version with a number up to 10"),
    ("r/version", Array("11".utf8), "r/version with a number up to 10"),
    ("r/version", Array("three".utf8), "r/version with a number up to 10"),
    ("r/data/0", nil, "no entry for the storage 0"),
    ("r/data/0", floats(0..<5), "expected 24 bytes for 6 elements, found 20"),
    ("r/data/0", floats(0..<7), "expected 24 bytes for 6 elements, found 28"),
    ("r/data.pkl", object + [0], "expected the end, found 1 more"),
    ("s/other", [], "in the folder r/, found s/other"),
    (
      "r/data.pkl", pickle(tensor(storage(key: "../data.pkl"))),
      "no entry for the storage ../data.pkl"
    ),
    ("r/data.pkl", pickle(tensor(storage(key: "00"))), "no entry for the storage 00"),
    ("r/data.pkl", pickle(tensor(storage(count: 1 << 62))), "is too large"),
  ]

  @Test(arguments: damage)
  func `is rejected if an entry is damaged or missing`(
    entry: String, bytes: [UInt8]?, problem: String
  ) {
    let error = errorOpening(archive([(entry, bytes)]))
    #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "") – \(problem)")
  }

  @Test func `of TorchScript has a second set of storages for constants`() throws {
    let module =
      global("__torch__", "Net") + [0x29, 0x81]
      + dictionary(
        ("weight", tensor(Self.storage())), ("training", [0x88]), ("_flat_weights", [0x5D])) + [
        0x62
      ]
    let constant = tensor(Self.storage(count: 2), shape: [2], strides: [1])
    let constants: [(String, [UInt8]?)] = [
      ("r/constants.pkl", pickle(constant + [0x85])), ("r/constants/0", floats(7..<9)),
    ]
    let named = try checkpoint(
      archive(constants + [("r/data.pkl", pickle(module))]))
    #expect(named.tensors.keys == ["weight"])
    #expect(try named["weight"]?.values() == Tensor((0..<6).map(Float.init), shape: [2, 3]))
    #expect(named.omissions.map(\.reason) == ["1 tensor of the code of TorchScript"])

    let empty = pickle(global("__torch__", "Net") + [0x29, 0x81, 0x7D, 0x62])
    let frozen = try checkpoint(
      archive(constants + [("r/data.pkl", empty), ("r/data/0", nil)]))
    #expect(frozen.tensors.keys == ["constants.0"])
    #expect(try frozen["constants.0"]?.values() == Tensor([Float(7), 8]))
    #expect(frozen.omissions.map(\.name) == ["constants"])
  }
}
