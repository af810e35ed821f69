internal import OrderedCollections

extension Checkpoint {
  /// Opens a file of `torch.save` since version 1.6, or a TorchScript archive.
  init(torchArchive archive: ZipArchive) throws(CheckpointError) {
    self.init()
    var archive = try TorchArchive(archive)
    let (graph, storages) = try archive.load("data")
    var walk = TorchWalk(graph, storages)
    try walk.visitAll()
    self = walk.checkpoint
    if archive.isTorchScript { try addConstants(of: &archive) }
    omissions += archive.unused
  }

  /// Adds the tensors in the code of a TorchScript archive, if there are no others: freezing a
  /// module moves all of its parameters there, and discards their names.
  private mutating func addConstants(of archive: inout TorchArchive) throws(CheckpointError) {
    let (graph, storages) = try archive.load("constants")
    var walk = TorchWalk(graph, storages, name: "constants")
    try walk.visitAll()
    guard !walk.checkpoint.tensors.isEmpty else { return }
    if tensors.isEmpty {
      tensors = walk.checkpoint.tensors
      omissions += walk.checkpoint.omissions
      omissions.append(
        Omission(
          name: "constants",
          reason: "the module is frozen: the file does not have the names of its tensors"))
    } else {
      let count = walk.checkpoint.tensors.count
      omissions.append(
        Omission(
          name: "constants",
          reason: counted(count, "tensor") + " of the code of TorchScript"))
    }
  }

  /// Opens a file of `torch.save` before version 1.6, or another pickle.
  init(pickle source: ByteSource) throws(CheckpointError) {
    self.init()
    if try TorchStream.isStream(source) {
      let (graph, storages) = try TorchStream.load(source)
      var walk = TorchWalk(graph, storages)
      try walk.visitAll()
      self = walk.checkpoint
      return
    }
    let graph = try PickleMachine.load(source)
    var walk = TorchWalk(graph, try TorchStorages(none: graph))
    try walk.visitAll()
    self = walk.checkpoint
    if graph.end < source.count {
      omissions.append(
        Omission(
          name: "",
          reason: counted(source.count - graph.end, "byte") + " after the first pickle of the file")
      )
    }
  }
}
