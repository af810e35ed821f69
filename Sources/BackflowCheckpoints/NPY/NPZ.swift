extension Checkpoint {
  init(npz archive: ZipArchive) throws(CheckpointError) { self.init() }

  func writeNPZ(to path: String) throws(CheckpointError) {}

  init(npy source: ByteSource) throws(CheckpointError) { self.init() }

  func writeNPY(to path: String) throws(CheckpointError) {}
}
