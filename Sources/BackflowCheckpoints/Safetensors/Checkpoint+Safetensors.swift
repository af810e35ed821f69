internal import BackflowFiles
internal import OrderedCollections

extension Checkpoint {
  /// Opens a safetensors file. Tensors of types with less than a byte for each element become
  /// omissions.
  init(safetensors source: ByteSource) throws(CheckpointError) {
    let header = try SafetensorsHeader(source)
    self.init(metadata: header.metadata)
    for (name, entry) in header.entries {
      let range =
        entry.range.lowerBound + header.dataStart..<entry.range.upperBound + header.dataStart
      let data = source.part(range, entry: name)
      if SafetensorsType.packed.contains(entry.type) {
        omissions.append(
          Omission(name: name, reason: "a tensor of packed elements of type \(entry.type)"))
        continue
      }
      guard let type = SafetensorsType.all.first(where: { $0.name == entry.type })?.type else {
        throw data.failure("expected a type such as F32, found \(escaped(entry.type))")
      }
      let tensor = try StoredTensor(shape: entry.shape, type: type, source: data)
      guard tensor.byteCount == data.count else {
        throw data.failure(
          at: 0,
          "expected \(tensor.byteCount) bytes for shape \(entry.shape) of \(entry.type), found"
            + " \(data.count)")
      }
      tensors[name] = tensor
    }
  }

  /// Writes a safetensors file. The order of the tensors and the padding are those of the reference
  /// implementation.
  func writeSafetensors(to path: String) throws(CheckpointError) {
    var entries: [(rank: Int, name: String, tensor: StoredTensor)] = []
    for (name, tensor) in tensors {
      guard let rank = SafetensorsType.all.firstIndex(where: { $0.type == tensor.type }) else {
        throw CheckpointError(
          path, entry: name,
          "cannot be written: safetensors has no type \(tensor.type.rawValue); write an .npz file")
      }
      guard name != "__metadata__" else {
        throw CheckpointError(
          path, entry: name, "cannot be written: safetensors reserves this name for metadata")
      }
      entries.append((rank, name, tensor))
    }
    entries.sort {
      $0.rank != $1.rank
        ? $0.rank > $1.rank : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    let header = header(of: entries)
    guard header.count - 8 <= SafetensorsHeader.maximumLength else {
      throw CheckpointError(
        path,
        "cannot be written: the names and metadata need a header of \(header.count - 8) bytes, and"
          + " safetensors has at most \(SafetensorsHeader.maximumLength)")
    }
    do {
      try WholeFile.write(to: path) { writer throws(FileError) in
        try writer.write(header)
        for entry in entries { try entry.tensor.write(to: writer) }
      }
    } catch {
      throw CheckpointError(error)
    }
  }

  private func header(of entries: [(rank: Int, name: String, tensor: StoredTensor)]) -> [UInt8] {
    var fields: [String] = []
    if !metadata.isEmpty {
      let texts = metadata.map { jsonString($0.key) + ":" + jsonString($0.value) }
      fields.append("\"__metadata__\":{" + texts.joined(separator: ",") + "}")
    }
    var offset = 0
    for (rank, name, tensor) in entries {
      let end = offset + tensor.byteCount
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      fields.append(
        jsonString(name) + ":{\"dtype\":\"\(SafetensorsType.all[rank].name)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = Array(("{" + fields.joined(separator: ",") + "}").utf8)
    // The data start at a multiple of 8 bytes.
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
  }
}
