extension Checkpoint {
  /// Opens a file of `torch.save` since version 1.6, or a TorchScript archive.
  init(torchArchive archive: ZipArchive) throws(CheckpointError) { self.init() }

  /// Opens a file of `torch.save` before version 1.6, or another pickle.
  init(pickle source: ByteSource) throws(CheckpointError) { self.init() }
}
