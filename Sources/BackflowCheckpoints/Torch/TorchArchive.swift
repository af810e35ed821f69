internal import OrderedCollections

/// A zip archive of PyTorch, whose entries are all in one folder.
struct TorchArchive {
  private let zip: ZipArchive
  /// The name of the folder with a slash.
  private let root: String
  private let isBigEndian: Bool
  /// The entries that have been used.
  private var used: Set<String>
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
    used = Set(TorchArchive.knownNames.map { root + $0 })
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
  mutating func load(
    _ name: String
  ) throws(CheckpointError) -> (graph: PickleGraph, storages: TorchStorages) {
    guard let entry = zip.entries[root + name + ".pkl"] else {
      throw zip.source.failure(
        "expected a file of torch.save, whose entry \(escaped(root + name)).pkl is missing")
    }
    guard entry.count <= PickleCursor.maximumLength else {
      throw entry.failure(
        "expected a pickle of at most \(PickleCursor.maximumLength) bytes, found \(entry.count)")
    }
    let source = try entry.decompressed()
    let graph = try PickleMachine.load(source)
    guard graph.end == source.count else {
      throw source.failure(
        at: graph.end, "expected the end, found \(source.count - graph.end) more bytes")
    }
    var names: Set = [root + name + ".pkl"]
    let storages = try TorchStorages(
      of: graph,
      entries: { key in
        names.insert("\(root)\(name)/\(key)")
        return zip.entries["\(root)\(name)/\(key)"]
      }, isBigEndian: isBigEndian)
    used.formUnion(names)
    return (graph, storages)
  }

  // MARK: - Other entries

  /// Entries that say how the archive was written.
  private static let knownNames = [
    "version", "byteorder", ".format_version", ".storage_alignment",
  ]
  /// The largest number of entries that are not read and listed one by one.
  private static let maximumUnusedCount = 100

  /// The entries that have not been used, other than code and its positions in source files.
  var unused: [Checkpoint.Omission] {
    var omissions: [Checkpoint.Omission] = []
    var count = 0
    for (name, source) in zip.entries where !used.contains(name) {
      let short = name.dropFirst(root.count)
      if short.hasPrefix(".data/") || short.hasPrefix("code/") || short.hasSuffix(".debug_pkl") {
        continue
      }
      count += 1
      guard count <= TorchArchive.maximumUnusedCount else { continue }
      omissions.append(
        .init(
          name: String(short),
          reason: "an entry of the archive with \(counted(source.count, "byte")) that nothing uses")
      )
    }
    guard count > TorchArchive.maximumUnusedCount else { return omissions }
    return [.init(name: "", reason: "\(count) entries of the archive that nothing uses")]
  }

  private static let maximumTextLength = 100

  /// Returns the text of a small entry.
  private static func text(_ entry: ByteSource?) throws(CheckpointError) -> String? {
    guard let entry else { return nil }
    guard entry.count <= maximumTextLength else {
      throw entry.failure("expected at most \(maximumTextLength) bytes, found \(entry.count)")
    }
    let source = try entry.decompressed()
    return String(decoding: try source.bytes(0..<source.count, "a text"), as: UTF8.self)
  }
}
