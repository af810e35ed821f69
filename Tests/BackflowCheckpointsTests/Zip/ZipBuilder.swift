import Backflow

/// A zip archive, valid or not. All numbers of its headers can be changed.
struct ZipBuilder {
  struct Entry {
    var name: [UInt8]
    /// The bytes in the archive.
    var data: [UInt8]
    /// The fields of both headers.
    var both: Fields
    /// The fields in which the local header differs.
    var local: [WritableKeyPath<Fields, UInt64> & Sendable: UInt64] = [:]
    var localName: [UInt8]?
    var localSignature: [UInt8] = [0x50, 0x4B, 3, 4]
    var localExtra: [UInt8] = []
    var extra: [UInt8] = []
    /// What follows the data.
    var descriptor: [UInt8] = []
    /// The offset in the directory, if it is not the true one.
    var offset: UInt64?
    var disk: UInt64 = 0

    init(_ name: String, _ data: [UInt8]) {
      (self.name, self.data) = (Array(name.utf8), data)
      let count = UInt64(data.count)
      both = Fields(checksum: UInt64(crc32(data)), stored: count, size: count)
    }
  }

  struct Fields {
    var flags: UInt64 = 0
    var method: UInt64 = 0
    var checksum: UInt64
    var stored: UInt64
    var size: UInt64
  }

  var entries: [Entry]
  var before: [UInt8] = []
  /// Bytes between the entries and the directory, between that and the end record, and at the end.
  var gap: [UInt8] = []
  var afterDirectory: [UInt8] = []
  var comment: [UInt8] = []
  var after: [UInt8] = []
  /// The numbers of the end record, if they are not the true ones.
  var count: UInt64?
  var size: UInt64?
  var offset: UInt64?
  var disk: UInt64 = 0
  /// Whether there is a 64-bit end record, and its numbers, if they are not the true ones.
  var hasEnd64 = false
  var count64: UInt64?
  var offset64: UInt64?
  var locatedAt: UInt64?

  init(_ entries: [Entry]) { self.entries = entries }

  /// An archive of arrays of single-precision numbers.
  init(arrays: KeyValuePairs<String, [Float]>) {
    self.init(arrays.map { Entry($0.key + ".npy", NPY.encode(Tensor($0.value))) })
  }

  var bytes: [UInt8] {
    var (bytes, directory) = (before, [UInt8]())
    for entry in entries {
      let offset = entry.offset ?? UInt64(bytes.count)
      var local = entry.both
      for (field, value) in entry.local { local[keyPath: field] = value }
      let name = entry.localName ?? entry.name
      bytes += entry.localSignature + number(20, 2) + ZipBuilder.common(local)
      bytes += number(UInt64(name.count), 2) + number(UInt64(entry.localExtra.count), 2) + name
      bytes += entry.localExtra + entry.data + entry.descriptor
      directory += [0x50, 0x4B, 1, 2] + number(20, 2) + number(20, 2)
      directory += ZipBuilder.common(entry.both)
      directory += number(UInt64(entry.name.count), 2) + number(UInt64(entry.extra.count), 2)
      directory += number(0, 2) + number(entry.disk, 2) + number(0, 2) + number(0, 4)
      directory += number(offset, 4) + entry.name + entry.extra
    }
    bytes += gap
    let start = UInt64(bytes.count)
    bytes += directory + afterDirectory
    return bytes + end(start, UInt64(directory.count), UInt64(bytes.count))
  }

  private func end(_ start: UInt64, _ length: UInt64, _ here: UInt64) -> [UInt8] {
    let trueCount = UInt64(entries.count)
    var bytes: [UInt8] = []
    if hasEnd64 {
      let count = number(count64 ?? trueCount, 8)
      bytes += [0x50, 0x4B, 6, 6] + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 4)
      bytes += number(0, 4) + count + count + number(length, 8) + number(offset64 ?? start, 8)
      bytes += [0x50, 0x4B, 6, 7] + number(0, 4) + number(locatedAt ?? here, 8) + number(1, 4)
    }
    let count = number(count ?? trueCount, 2)
    bytes += [0x50, 0x4B, 5, 6] + number(disk, 2) + number(disk, 2) + count + count
    bytes += number(size ?? length, 4) + number(offset ?? start, 4)
    return bytes + number(UInt64(comment.count), 2) + comment + after
  }

  private static func common(_ fields: Fields) -> [UInt8] {
    number(fields.flags, 2) + number(fields.method, 2) + number(0, 2) + number(33, 2)
      + number(fields.checksum, 4) + number(fields.stored, 4) + number(fields.size, 4)
  }
}

/// Data that are compressed by deflate into blocks without compression, and their entry.
extension ZipBuilder.Entry {
  static func deflated(_ name: String, _ data: [UInt8]) -> Self {
    var blocks: [UInt8] = []
    for start in stride(from: 0, to: max(data.count, 1), by: 0xFFFF) {
      let block = data[start..<min(start + 0xFFFF, data.count)]
      let isLast = start + 0xFFFF >= data.count
      blocks += [isLast ? 1 : 0] + number(UInt64(block.count), 2)
      blocks += number(UInt64(0xFFFF - block.count), 2) + block
    }
    var entry = Self(name, blocks)
    entry.both.method = 8
    entry.both.size = UInt64(data.count)
    entry.both.checksum = UInt64(crc32(data))
    return entry
  }
}

/// Returns a little-endian number of `size` bytes.
func number(_ value: UInt64, _ size: Int) -> [UInt8] {
  (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
}

/// Returns the CRC-32 checksum by its definition, one bit at a time.
func crc32(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}
