internal import BackflowFiles

/// A writer of zip archives with uncompressed entries. The same entries give the same bytes.
struct ZipWriter {
  private let writer: FileWriter
  /// The smallest number that is written in 64 bits.
  private let limit: UInt64
  private var offset: UInt64 = 0
  private var directory: [UInt8] = []
  private var count: UInt64 = 0

  /// 1980-01-01, the earliest date of the format.
  private static let date: UInt64 = 1 << 5 | 1

  init(_ writer: FileWriter, limit: UInt64 = 0xFFFF_FFFF) {
    (self.writer, self.limit) = (writer, limit)
  }

  /// Adds an entry.
  ///
  /// - Parameters:
  ///   - name: The name, which is unique.
  ///   - size: The number of bytes of the data.
  ///   - checksum: The checksum of the data.
  ///   - body: A closure that writes the data.
  mutating func add(
    _ name: String, size: Int, checksum: UInt32, _ body: (FileWriter) throws(FileError) -> Void
  ) throws(FileError) {
    let bytes = Array(name.utf8)
    let size = UInt64(size)
    let wideSizes = size >= limit ? [size, size] : []
    let wideOffset = offset >= limit ? [offset] : []
    /// The fields that the local header and that of the directory have in common.
    func common(_ wide: [UInt64]) -> [UInt8] {
      let shown = size >= limit ? 0xFFFF_FFFF : size
      let isASCII = bytes.allSatisfy { $0 < 0x80 }
      return littleEndian(wide.isEmpty ? 20 : 45, 2) + littleEndian(isASCII ? 0 : 0x0800, 2)
        + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(ZipWriter.date, 2)
        + littleEndian(UInt64(checksum), 4) + littleEndian(shown, 4) + littleEndian(shown, 4)
        + littleEndian(UInt64(bytes.count), 2)
        + littleEndian(wide.isEmpty ? 0 : UInt64(4 + 8 * wide.count), 2)
    }
    func extra(_ wide: [UInt64]) -> [UInt8] {
      if wide.isEmpty { return [] }
      return littleEndian(1, 2) + littleEndian(UInt64(8 * wide.count), 2)
        + wide.flatMap { littleEndian($0, 8) }
    }
    let local = [0x50, 0x4B, 3, 4] + common(wideSizes) + bytes + extra(wideSizes)
    try writer.write(local)
    try body(writer)
    let wide = wideSizes + wideOffset
    directory += [0x50, 0x4B, 1, 2] + littleEndian(wide.isEmpty ? 20 : 45, 2) + common(wide)
    // A comment, the disk, and the attributes of the file.
    directory += littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 4)
    directory += littleEndian(wideOffset.isEmpty ? offset : 0xFFFF_FFFF, 4) + bytes + extra(wide)
    offset += UInt64(local.count) + size
    count += 1
  }

  /// Writes the directory and the end of the archive.
  func finish() throws(FileError) {
    let size = UInt64(directory.count)
    try writer.write(directory)
    if offset >= limit || size >= limit || count >= min(limit, 0xFFFF) {
      let record =
        littleEndian(44, 8) + littleEndian(45, 2) + littleEndian(45, 2) + littleEndian(0, 4)
        + littleEndian(0, 4) + littleEndian(count, 8) + littleEndian(count, 8)
        + littleEndian(size, 8) + littleEndian(offset, 8)
      let locator = littleEndian(0, 4) + littleEndian(offset + size, 8) + littleEndian(1, 4)
      try writer.write([0x50, 0x4B, 6, 6] + record + [0x50, 0x4B, 6, 7] + locator)
    }
    let count = littleEndian(min(count, 0xFFFF), 2)
    try writer.write(
      [0x50, 0x4B, 5, 6] + littleEndian(0, 4) + count + count
        + littleEndian(min(size, 0xFFFF_FFFF), 4) + littleEndian(min(offset, 0xFFFF_FFFF), 4)
        + littleEndian(0, 2))
  }
}

private func littleEndian(_ value: UInt64, _ size: Int) -> [UInt8] {
  (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
}
