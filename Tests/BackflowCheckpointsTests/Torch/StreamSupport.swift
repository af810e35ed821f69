import Backflow

/// A file as `torch.save` wrote it before version 1.6, by hand.
struct StreamFile {
  var version = 1001
  var isLittleEndian = true
  /// The opcodes of the object.
  var object: [UInt8]
  /// The keys of the storages, in the order of the file.
  var keys = ["0"]
  /// The number of elements and the bytes of each storage.
  var storages: [(count: Int, bytes: [UInt8])] = [(6, floats(0..<6))]
  var end: [UInt8] = []

  init(_ object: [UInt8]) { self.object = object }

  var bytes: [UInt8] {
    let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    let system = dictionary(
      ("protocol_version", integer(1001)), ("little_endian", [isLittleEndian ? 0x88 : 0x89]))
    let list = [0x5D, 0x28] + keys.flatMap(text) + [0x65]
    return pickle(magic) + pickle(integer(version)) + pickle(system) + pickle(object) + pickle(list)
      + storages.flatMap { littleEndian($0.count, size: 8) + $0.bytes } + end
  }
}

func floats(_ values: Range<Int>) -> [UInt8] {
  values.flatMap { littleEndian(Float($0).bitPattern, size: 4) }
}

/// The opcodes of a storage outside the pickle.
func storage(
  _ type: String = "FloatStorage", key: String = "0", count: Int = 6, view: [UInt8] = none
) -> [UInt8] {
  tuple(
    text("storage"), global("torch", type), text(key), text("cpu"), integer(count), view) + [0x51]
}

/// The opcodes of a tensor, by default of the elements 0 to 5 with shape [2, 3].
func tensor(
  _ storage: [UInt8] = storage(), offset: Int = 0, shape: [Int] = [2, 3], strides: [Int] = [3, 1],
  flags: [UInt8]? = nil
) -> [UInt8] {
  global("torch._utils", "_rebuild_tensor_v2")
    + tuple(
      storage, integer(offset), tuple(of: shape), tuple(of: strides), [0x89],
      global("collections", "OrderedDict") + [0x29, 0x52], flags ?? []) + [0x52]
}
