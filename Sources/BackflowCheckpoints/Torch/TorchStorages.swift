/// The storages of a file: those of its persistent IDs, by the index of their node.
struct TorchStorages {
  private var storages: [PickleReference: TorchStorage] = [:]
  /// The classes of modules with a persistent ID.
  private(set) var classes: [PickleReference: PickleReference] = [:]
  /// The number of bytes of all storages.
  private(set) var byteCount = 0

  subscript(reference: PickleReference) -> TorchStorage? { storages[reference] }

  /// Opens the storages of a pickle without data: an error if it refers to any.
  init(none graph: PickleGraph) throws(CheckpointError) {
    guard try TorchStorages.identifiers(of: graph).storages.isEmpty else {
      throw graph.source.failure("the pickle refers to data outside the file")
    }
  }

  /// Opens the storages of a zip archive.
  ///
  /// - Parameter entries: The entries by the keys of the storages.
  init(
    of graph: PickleGraph, entries: (String) -> ByteSource?, isBigEndian: Bool
  ) throws(CheckpointError) {
    let (identifiers, classes) = try TorchStorages.identifiers(of: graph)
    self.classes = classes
    var known: Set<String> = []
    for (reference, identifier) in identifiers {
      guard let source = entries(identifier.key) else {
        throw graph.source.failure(
          "the archive has no entry for the storage \(escaped(identifier.key))")
      }
      if let byteCount = identifier.byteCount, source.count != byteCount {
        throw source.failure(
          "expected \(byteCount) bytes for \(identifier.count) elements, found \(source.count)")
      }
      if known.insert(identifier.key).inserted { byteCount += source.count }
      storages[reference] = TorchStorage(
        elements: identifier.elements, source: source, isBigEndian: isBigEndian)
    }
  }

  /// Opens the storages that follow a pickle in its file, in the order of `keys`.
  ///
  /// - Returns: The offset of the byte after the last storage.
  static func following(
    _ keys: [String], of graph: PickleGraph, at start: Int
  ) throws(CheckpointError) -> (storages: TorchStorages, end: Int) {
    let (identifiers, classes) = try identifiers(of: graph)
    var byKey: [String: TorchStorageID] = [:]
    for (_, identifier) in identifiers { byKey[identifier.key] = identifier }
    var reader = ByteReader(graph.source, at: start)
    var sources: [String: ByteSource] = [:]
    for key in keys {
      guard let identifier = byKey[key], sources[key] == nil else {
        throw reader.failure(
          "expected each storage once and used, found another storage \(escaped(key))")
      }
      let count = try reader.littleEndian(size: 8, "the number of elements of a storage")
      guard count == UInt64(identifier.count) else {
        throw reader.failure(
          "expected \(identifier.count) elements in the storage \(escaped(key)), found \(count)")
      }
      guard let byteCount = identifier.byteCount else {
        throw reader.failure(
          "expected elements of a known size in the storage \(escaped(key)), which others follow")
      }
      sources[key] = try reader.part(byteCount, entry: key, "a storage")
    }
    var result = TorchStorages(classes)
    result.byteCount = sources.values.reduce(0) { $0 + $1.count }
    for (reference, identifier) in identifiers {
      guard let source = sources[identifier.key] else {
        throw graph.source.failure("the file has no storage \(escaped(identifier.key))")
      }
      result.storages[reference] = TorchStorage(
        elements: identifier.elements, source: identifier.part(of: source))
    }
    return (result, reader.offset)
  }

  private init(_ classes: [PickleReference: PickleReference]) { self.classes = classes }

  // MARK: - Persistent IDs

  /// Returns the persistent IDs of storages, and the classes of the others. All IDs with the same
  /// key are the same.
  private static func identifiers(
    of graph: PickleGraph
  ) throws(CheckpointError) -> (
    storages: [(PickleReference, TorchStorageID)], classes: [PickleReference: PickleReference]
  ) {
    var byKey: [String: TorchStorageID] = [:]
    var views: [String: TorchStorageID] = [:]
    // Equal keys are stored once: many IDs can refer to one long text.
    var keys: Set<String> = []
    var storages: [(PickleReference, TorchStorageID)] = []
    var classes: [PickleReference: PickleReference] = [:]
    for (index, node) in graph.nodes.enumerated() {
      guard case .persistentID(let parts) = node else { continue }
      let reference = PickleReference(index: UInt32(index))
      do throws(TorchProblem) {
        guard var identifier = try TorchStorageID(parts, in: graph) else {
          classes[reference] = graph.sequence(of: parts)?[1]
          continue
        }
        identifier.key = keys.insert(identifier.key).memberAfterInsert
        if let view = identifier.view {
          identifier.view?.key = keys.insert(view.key).memberAfterInsert
        }
        if let first = byKey[identifier.key], !first.agrees(with: identifier) {
          throw .damaged("the storage \(escaped(identifier.key)) has two types or sizes")
        }
        if let view = identifier.view {
          guard views[view.key, default: identifier] == identifier else {
            throw .damaged("the view \(escaped(view.key)) has two ranges")
          }
          views[view.key] = identifier
        }
        byKey[identifier.key] = identifier
        storages.append((reference, identifier))
      } catch {
        throw error.checkpointError(of: graph.source)
      }
    }
    return (storages, classes)
  }
}

extension TorchStorageID {
  /// Whether two IDs can be those of one storage. Views do not matter, and storages without
  /// elements may share a key.
  fileprivate func agrees(with other: TorchStorageID) -> Bool {
    count == other.count && (elements == other.elements || count == 0)
  }

  /// The bytes of the view in those of the storage.
  fileprivate func part(of source: ByteSource) -> ByteSource {
    guard let view, let size = elements.size else { return source }
    let start = view.offset * size
    return source.part(start..<start + view.count * size)
  }
}

extension TorchProblem {
  /// The error for a problem of the complete source.
  func checkpointError(of source: ByteSource) -> CheckpointError {
    switch self {
    case .damaged(let problem): source.failure(problem)
    case .unsupported(let reason): source.failure("found \(reason)")
    case .unreadable(let error): error
    }
  }
}
