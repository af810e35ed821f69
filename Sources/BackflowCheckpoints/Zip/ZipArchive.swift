internal import OrderedCollections

/// The directory of a zip archive.
struct ZipArchive {
  let source: ByteSource
  /// The contents of the entries by name, in the order of the archive. A compressed entry is
  /// decompressed when its bytes are asked for; see `ByteSource.decompressed`.
  let entries: OrderedDictionary<String, ByteSource>

  init(_ source: ByteSource) throws(CheckpointError) {
    throw source.failure(at: 0, "zip archives are not supported yet")
  }
}

extension Checkpoint {
  /// Opens a zip archive: an `.npz` file, or a file of PyTorch.
  init(zip source: ByteSource) throws(CheckpointError) {
    let archive = try ZipArchive(source)
    if archive.entries.keys.allSatisfy({ $0.hasSuffix(".npy") }) {
      try self.init(npz: archive)
    } else {
      try self.init(torchArchive: archive)
    }
  }
}
