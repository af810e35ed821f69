import Backflow
import Testing

@Suite struct `A file of torch.save before version 1.6` {
  private func error(
    _ change: (inout StreamFile) -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) -> CheckpointError? {
    var file = StreamFile(dictionary(("x", tensor())))
    change(&file)
    return errorOpening(file.bytes, sourceLocation: sourceLocation)
  }

  @Test func `is rejected if its storages are not those of the object`() {
    let cases: [((inout StreamFile) -> Void, String)] = [
      ({ $0.storages[0].count = 5 }, "expected 6 elements in the storage 0, found 5"),
      ({ $0.storages[0].count = -1 }, "expected 6 elements in the storage 0"),
      ({ $0.storages[0].bytes.removeLast() }, "expected 24 bytes for a storage, found 23"),
      ({ $0.storages = [] }, "expected 8 bytes for the number of elements"),
      ({ ($0.keys, $0.storages) = ([], []) }, "the file has no storage 0"),
      (
        { ($0.keys, $0.storages) = (["0", "1"], $0.storages + $0.storages) },
        "found another storage 1"
      ),
      (
        { ($0.keys, $0.storages) = (["0", "0"], $0.storages + $0.storages) },
        "found another storage 0"
      ),
      ({ $0.end = [0] }, "expected the end of the file, found 1 more"),
      ({ $0.version = 1000 }, "expected the format version 1001"),
      ({ $0.isLittleEndian = false }, "expected a file of a little-endian computer"),
    ]
    for (change, problem) in cases {
      let error = error(change)
      #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "") – \(problem)")
      #expect(error?.offset != nil || problem.contains("no storage"))
    }
  }

  @Test func `of Python 2 has views of storages`() throws {
    func view(_ offset: Int, _ count: Int, key: String = "v") -> [UInt8] {
      storage(view: tuple(text(key), integer(offset), integer(count)))
    }
    let part = tensor(view(2, 3), shape: [3], strides: [1])
    let checkpoint = try checkpoint(StreamFile(dictionary(("x", part))).bytes)
    #expect(try checkpoint["x"]?.values(as: Float.self) == Tensor([2, 3, 4]))

    let outside: [[UInt8]] = [
      view(2, 5), view(-1, 3), view(7, 0), view(Int.max, 1), view(1, Int.max), view(0, -1),
      storage(view: integer(1)),
    ]
    for view in outside {
      #expect(errorOpening(StreamFile(tensor(view, shape: [], strides: [])).bytes) != nil)
    }
    let beyond = tensor(view(2, 3), shape: [4], strides: [1])
    #expect(errorOpening(StreamFile(beyond).bytes)?.problem.contains("needs 16") == true)
    let two = dictionary(
      ("x", part), ("y", tensor(view(1, 3), shape: [3], strides: [1])))
    #expect(
      errorOpening(StreamFile(two).bytes)?.problem == "the view v has two ranges")
  }

  @Test func `has the classes of modules with their source text`() throws {
    let identifier =
      tuple(text("module"), global("some", "Net"), text("net.py"), text("class Net: …")) + [0x51]
    let module =
      identifier + [0x29, 0x81]
      + dictionary(
        ("training", [0x88]), ("_parameters", dictionary(("weight", tensor()))),
        ("_buffers", dictionary(("absent", none))), ("_modules", [0x7D]),
        ("size", integer(3))) + [0x62]
    let checkpoint = try checkpoint(StreamFile(dictionary(("net", module))).bytes)
    #expect(checkpoint.tensors.keys == ["net.weight"])
    #expect(checkpoint.metadata.map { [$0, $1] } == [["net.size", "3"]])
    #expect(checkpoint.omissions.isEmpty)
  }

  @Test func `inside a pickle has one storage`() throws {
    var inner = StreamFile(storage())
    func outer() -> [UInt8] {
      let load =
        global("torch.storage", "_load_from_bytes") + [0x42]
        + littleEndian(inner.bytes.count, size: 4) + inner.bytes + [0x85, 0x52]
      return pickle(dictionary(("x", tensor(load))))
    }
    let expected = Tensor((0..<6).map(Float.init), shape: [2, 3])
    #expect(try checkpoint(outer())["x"]?.values() == expected)
    // A file in a file in a file.
    inner.object =
      global("torch.storage", "_load_from_bytes") + shortBytes([0x80]) + [0x85, 0x52]
    (inner.keys, inner.storages) = ([], [])
    #expect(errorOpening(outer())?.problem.contains("expected a storage in the file") == true)
  }
}
