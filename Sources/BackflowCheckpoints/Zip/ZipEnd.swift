/// The end of a zip archive, which states where its directory is.
///
/// Format: PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3.14 to 4.3.16.
struct ZipEnd {
  /// The number of entries.
  let count: Int
  /// The bytes of the directory.
  let directory: Range<Int>

  private static let (size, size64, locatorSize) = (22, 56, 20)
  private static let signature: [UInt8] = [0x50, 0x4B, 5, 6]
  private static let signature64: [UInt8] = [0x50, 0x4B, 6, 6]
  private static let locatorSignature: [UInt8] = [0x50, 0x4B, 6, 7]

  /// The largest number of entries that this library reads.
  static let maximumCount = 1_000_000

  /// The numbers that an end record states, in 16 and 32 bits or in 64.
  fileprivate struct Fields: Equatable {
    var disk: UInt64
    var directoryDisk: UInt64
    var countOnDisk: UInt64
    var count: UInt64
    var size: UInt64
    var offset: UInt64
  }

  /// Finds the end record, whose comment of at most 65,535 bytes ends at the end of the file.
  init(_ source: ByteSource) throws(CheckpointError) {
    let tailStart = max(0, source.count - ZipEnd.size - 0xFFFF)
    let tail = try source.bytes(tailStart..<source.count, "the end of the archive")
    let place = stride(from: tail.count - ZipEnd.size, through: 0, by: -1).first { place in
      tail[place] == 0x50 && tail[place...].starts(with: ZipEnd.signature)
        && Int(tail.littleEndian(at: place + 20, size: 2)) == tail.count - place - ZipEnd.size
    }
    guard let place else {
      throw source.failure(
        at: source.count,
        "expected the end record of a zip archive, found the end of the file; the file is"
          + " incomplete, or has other bytes at its end")
    }
    var fields = Fields(
      disk: tail.littleEndian(at: place + 4, size: 2),
      directoryDisk: tail.littleEndian(at: place + 6, size: 2),
      countOnDisk: tail.littleEndian(at: place + 8, size: 2),
      count: tail.littleEndian(at: place + 10, size: 2),
      size: tail.littleEndian(at: place + 12, size: 4),
      offset: tail.littleEndian(at: place + 16, size: 4))
    var end = tailStart + place
    if let (start, fields64) = try ZipEnd.fields64(source, before: end) {
      try fields.replaceOnes(by: fields64, source, at: end)
      end = start
    }
    (count, directory) = try ZipEnd.checked(fields, source, endingAt: end)
  }

  /// Returns the start of the 64-bit end record and its fields, if the file has one.
  private static func fields64(
    _ source: ByteSource, before end: Int
  ) throws(CheckpointError) -> (start: Int, Fields)? {
    guard end >= locatorSize else { return nil }
    let start = end - locatorSize
    let locator = try source.bytes(start..<end, "the locator of the end record")
    guard locator.starts(with: locatorSignature) else { return nil }
    try checkDisks([locator.littleEndian(at: 4, size: 4)], source, at: start)
    let offset = locator.littleEndian(at: 8, size: 8)
    guard start >= size64, offset <= start - size64 else {
      throw source.failure(
        at: start + 8, "expected the offset of the 64-bit end record, found \(offset)")
    }
    let place = Int(offset)
    let record = try source.bytes(place..<place + size64, "the 64-bit end record")
    guard record.starts(with: signature64),
      record.littleEndian(at: 4, size: 8) == UInt64(start - place - 12)
    else {
      throw source.failure(at: place, "expected a 64-bit end record of \(start - place) bytes")
    }
    return (
      place,
      Fields(
        disk: record.littleEndian(at: 16, size: 4),
        directoryDisk: record.littleEndian(at: 20, size: 4),
        countOnDisk: record.littleEndian(at: 24, size: 8),
        count: record.littleEndian(at: 32, size: 8),
        size: record.littleEndian(at: 40, size: 8),
        offset: record.littleEndian(at: 48, size: 8))
    )
  }

  private static func checkDisks(
    _ disks: [UInt64], _ source: ByteSource, at offset: Int
  ) throws(CheckpointError) {
    guard disks.allSatisfy({ $0 == 0 }) else {
      throw source.failure(
        at: offset, "expected an archive in one file, found one of several; join them first")
    }
  }

  private static func checked(
    _ fields: Fields, _ source: ByteSource, endingAt end: Int
  ) throws(CheckpointError) -> (count: Int, directory: Range<Int>) {
    try checkDisks([fields.disk, fields.directoryDisk], source, at: end)
    guard fields.countOnDisk == fields.count, fields.count <= maximumCount else {
      throw source.failure(
        at: end,
        "expected a number of at most \(maximumCount) entries, found \(fields.countOnDisk) of"
          + " \(fields.count)")
    }
    guard fields.size <= end, fields.offset <= end - Int(fields.size) else {
      throw source.failure(
        at: end,
        "expected a directory before byte \(end), found \(fields.size) bytes at \(fields.offset)")
    }
    let directory = Int(fields.offset)..<Int(fields.offset + fields.size)
    guard directory.upperBound == end else {
      throw source.failure(
        at: directory.upperBound,
        "expected the end record, found \(end - directory.upperBound) other bytes; "
          + ZipArchive.severalArchives)
    }
    guard fields.count <= directory.count / ZipHeader.size else {
      throw source.failure(
        at: end, "expected a directory of \(fields.count) entries, found \(directory.count) bytes")
    }
    return (Int(fields.count), directory)
  }
}

extension ZipEnd.Fields {
  /// Replaces the fields in which all bits are set, which means that 64 bits are needed. All others
  /// must be equal, since another reader could use either.
  fileprivate mutating func replaceOnes(
    by other: Self, _ source: ByteSource, at offset: Int
  ) throws(CheckpointError) {
    if disk == 0xFFFF { disk = other.disk }
    if directoryDisk == 0xFFFF { directoryDisk = other.directoryDisk }
    if countOnDisk == 0xFFFF { countOnDisk = other.countOnDisk }
    if count == 0xFFFF { count = other.count }
    if size == 0xFFFF_FFFF { size = other.size }
    if self.offset == 0xFFFF_FFFF { self.offset = other.offset }
    guard self == other else {
      throw source.failure(
        at: offset, "expected two end records with the same numbers, found different ones")
    }
  }
}

extension [UInt8] {
  /// Returns the little-endian unsigned integer of `size` bytes at `offset`.
  ///
  /// - Precondition: The array has these bytes.
  func littleEndian(at offset: Int, size: Int) -> UInt64 {
    self[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
