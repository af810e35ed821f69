extension Checkpoint {
  init(directory path: String) throws(CheckpointError) { self.init() }

  func writeDirectory(to path: String) throws(CheckpointError) {}
}
