import Backflow
import Foundation
import TestSupport
import Testing

/// Archives whose entries are not those of a simple file of `torch.save`.
@Suite struct `The entries of an archive of PyTorch` {
  private func storage(
    _ type: String = "FloatStorage", key: String = "0", count: Int = 6
  ) -> [UInt8] {
    tuple(text("storage"), global("torch", type), text(key), text("cpu"), integer(count)) + [0x51]
  }

  private func archive(
    _ object: [UInt8], _ entries: [ZipBuilder.Entry] = [], version: ZipBuilder.Entry? = nil
  ) -> [UInt8] {
    let known: [ZipBuilder.Entry] = [
      .init("r/data.pkl", pickle(object)), .init("r/data/0", floats(0..<6)),
      version ?? .init("r/version", Array("3\n".utf8)),
    ]
    return ZipBuilder(known + entries).bytes
  }

  @Test func `are named if nothing uses them`() throws {
    let entries = [
      "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id",
      "code/net.py", "code/net.py.debug_pkl", "ts_code.debug_pkl", "data/1", "extra/notes.txt",
    ].map { ZipBuilder.Entry("r/" + $0, Array(($0 == "byteorder" ? "little" : "1").utf8)) }
    let checkpoint = try checkpoint(archive(tensor(storage()), entries))
    #expect(checkpoint.omissions.map(\.name) == ["data/1", "extra/notes.txt"])
    #expect(
      checkpoint.omissions.first?.reason == "an entry of the archive with 1 byte that nothing uses")
  }

  @Test func `are counted if nothing uses many of them`() throws {
    let entries = (0..<1000).map { ZipBuilder.Entry("r/extra/\($0)", []) }
    let checkpoint = try checkpoint(archive(tensor(storage()), entries))
    #expect(
      checkpoint.omissions.map(\.reason) == ["1000 entries of the archive that nothing uses"])
  }

  @Test func `of unknown types are named, and the others are read`() throws {
    let unknown = tensor(storage("OtherStorage", key: "1", count: 2), shape: [2], strides: [1])
    let object = dictionary(("x", unknown), ("w", tensor(storage())))
    let checkpoint = try checkpoint(archive(object, [.init("r/data/1", [1, 2, 3, 4])]))
    #expect(checkpoint.tensors.keys == ["w"])
    #expect(checkpoint.omissions.map(\.name) == ["x"])
    #expect(
      checkpoint.omissions.map(\.reason) == ["a tensor of elements of torch.OtherStorage"])
  }

  @Test func `that are short texts are not decompressed if they are long`() {
    let version = ZipBuilder.Entry.deflated(
      "r/version", Array("3".utf8) + [UInt8](repeating: 0x0A, count: 1000))
    let error = errorOpening(archive(tensor(storage()), version: version))
    #expect(error?.entry == "r/version")
    #expect(error?.problem == "expected at most 100 bytes, found 1001")
  }

  /// Views that repeat 1,000,000 bytes sixteen times each.
  private func repetitions(_ count: Int) -> [UInt8] {
    let bytes = storage("ByteStorage", count: 1_000_000) + [0x71, 0]
    let views = (0..<count).flatMap { index in
      tensor(index == 0 ? bytes : [0x68, 0], shape: [16, 1_000_000], strides: [0, 1])
    }
    var file = StreamFile([0x28] + views + [0x74])
    file.storages = [(1_000_000, [UInt8](repeating: 1, count: 1_000_000))]
    return file.bytes
  }

  @Test func `are not repeated without limit`() throws {
    #expect(try checkpoint(repetitions(4)).tensors.count == 4)
    let error = errorOpening(repetitions(5))
    #expect(error?.entry == "4")
    #expect(error?.problem.hasPrefix("expected tensors of at most 67108864 bytes in all") == true)
  }

  @Test func `are decompressed once for views of one entry`() throws {
    let views = tensor(storage(key: "1") + [0x71, 0]) + tensor([0x68, 0], offset: 0)
    let bytes = archive(
      tuple(views), [.deflated("r/data/1", floats(1..<7)), .deflated("r/data/2", floats(0..<6))])
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("views.pt")
      try Data(bytes).write(to: file)
      let checkpoint = try Checkpoint(contentsOf: file.path)
      let expected = Tensor((1..<7).map(Float.init), shape: [2, 3])
      #expect(try checkpoint["0"]?.values() == expected)
      // The file is now damaged, but the second view does not need it.
      try Data(count: bytes.count).write(to: file)
      #expect(try checkpoint["1"]?.values() == expected)
    }
  }
}
