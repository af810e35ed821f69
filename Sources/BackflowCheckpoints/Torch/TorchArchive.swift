internal import OrderedCollections

/// A zip archive of PyTorch, whose entries are all in one folder.
struct TorchArchive {
  private let zip: ZipArchive
  /// The name of the folder with a slash.
  private let root: String
  private let isBigEndian: Bool
  /// The newest version of the format that PyTorch 2 reads.
  private static let maximumVersion = 10

  init(_ zip: ZipArchive) throws(CheckpointError) {
    self.zip = zip
    let names = zip.entries.keys
    guard let first = names.first, let slash = first.firstIndex(of: "/") else {
      throw zip.source.failure("expected an archive of PyTorch or NumPy")
    }
    let root = String(first[...slash])
    if let other = names.first(where: { !$0.hasPrefix(root) }) {
      throw zip.source.failure(
        "expected all entries of an archive of PyTorch in the folder \(escaped(root)), found"
          + " \(escaped(other))")
    }
    self.root = root
    guard let version = try TorchArchive.text(zip.entries[root + "version"]),
      let number = Int(version.filter { $0 != "\n" }), number <= TorchArchive.maximumVersion
    else {
      throw zip.source.failure(
        "expected an entry \(escaped(root))version with a number up to"
          + " \(TorchArchive.maximumVersion)")
    }
    switch try TorchArchive.text(zip.entries[root + "byteorder"]) {
    case nil, "little": isBigEndian = false
    case "big": isBigEndian = true
    case let other?:
      throw zip.source.failure("expected the byte order little or big, found \(escaped(other))")
    }
  }

  /// Whether the archive is one of `torch.jit.save`, which has tensors in two places.
  var isTorchScript: Bool { zip.entries[root + "constants.pkl"] != nil }

  /// Returns the object in `NAME.pkl` with its storages in `NAME/`.
  func load(
    _ name: String
  ) throws(CheckpointError) -> (graph: PickleGraph, storages: TorchStorages) {
    guard let entry = zip.entries[root + name + ".pkl"] else {
      throw zip.source.failure(
        "expected a file of torch.save, whose entry \(escaped(root + name)).pkl is missing")
    }
    let source = try entry.decompressed()
    let graph = try PickleMachine.load(source)
    guard graph.end == source.count else {
      throw source.failure(
        at: graph.end, "expected the end, found \(source.count - graph.end) more bytes")
    }
    let storages = try TorchStorages(
      of: graph, entries: { zip.entries["\(root)\(name)/\($0)"] }, isBigEndian: isBigEndian)
    return (graph, storages)
  }

  /// Returns the text of a small entry.
  private static func text(_ entry: ByteSource?) throws(CheckpointError) -> String? {
    guard let source = try entry?.decompressed() else { return nil }
    return String(
      decoding: try source.bytes(0..<min(source.count, 100), "a text"), as: UTF8.self)
  }
}
