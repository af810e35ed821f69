/// The form in which `torch.save` wrote until version 1.6: pickles one after another, and then the
/// storages.
enum TorchStream {
  /// LONG1 with 10 bytes, the magic number 0x1950A86A20F9469CFC6C, and STOP.
  private static let magic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]
  private static let version = 1001

  /// Whether the bytes start with the pickle of the magic number.
  static func isStream(_ source: ByteSource) throws(CheckpointError) -> Bool {
    let head = try source.bytes(0..<min(source.count, 24), "the start of a file")
    let frame = head.dropFirst(2).first == PickleOpcode.frame.rawValue ? 9 : 0
    return head.first == PickleOpcode.proto.rawValue
      && head.dropFirst(2 + frame).starts(with: magic)
  }

  /// Returns the object of a file, with its storages.
  static func load(
    _ source: ByteSource
  ) throws(CheckpointError) -> (graph: PickleGraph, storages: TorchStorages) {
    guard try isStream(source) else {
      throw source.failure(at: 0, "expected the magic number of torch.save")
    }
    let magic = try PickleMachine.load(source)
    let version = try PickleMachine.load(source, at: magic.end)
    guard version.integer(of: version.root) == TorchStream.version else {
      throw source.failure(at: magic.end, "expected the format version \(TorchStream.version)")
    }
    let system = try PickleMachine.load(source, at: version.end)
    guard let isLittleEndian = system.value(of: "little_endian", in: system.root),
      case .boolean(true) = system[isLittleEndian]
    else {
      throw source.failure(
        at: version.end,
        "expected a file of a little-endian computer; save it again there with a"
          + " newer version of PyTorch")
    }
    let graph = try PickleMachine.load(source, at: system.end)
    let list = try PickleMachine.load(source, at: graph.end)
    let (storages, end) = try TorchStorages.following(
      try keys(list), of: graph, at: list.end)
    guard end == source.count else {
      throw source.failure(
        at: end, "expected the end of the file, found \(source.count - end) more bytes")
    }
    return (graph, storages)
  }

  private static func keys(_ list: PickleGraph) throws(CheckpointError) -> [String] {
    let keys = list.sequence(of: list.root)?.map { list.text(of: $0) }
    guard let keys, !keys.contains(nil) else {
      throw list.source.failure(at: list.start, "expected a list of the keys of storages")
    }
    return keys.compactMap(\.self)
  }
}
