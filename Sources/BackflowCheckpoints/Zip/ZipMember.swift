/// The position of the data of an entry, between its local header and, in some archives, a
/// descriptor.
///
/// Format: PKWARE's APPNOTE.TXT, version 6.3.10, sections 4.3.7 and 4.3.9.
struct ZipMember {
  let data: Range<Int>

  private static let size = 30
  private static let signature: [UInt8] = [0x50, 0x4B, 3, 4]
  private static let descriptorSignature: [UInt8] = [0x50, 0x4B, 7, 8]

  /// Finds the data, and checks that the local header agrees with that of the directory.
  ///
  /// - Parameter limit: The offset of the next entry or of the directory.
  init(
    _ header: ZipHeader, _ source: ByteSource, before limit: Int
  ) throws(CheckpointError) {
    let entry = source.part(0..<source.count, entry: header.name)
    let start = header.offset + ZipMember.size
    guard start <= limit else {
      throw entry.failure(at: header.offset, ZipMember.overlap(limit))
    }
    let local = try entry.bytes(header.offset..<start, "the header of the entry")
    let extraStart = start + Int(local.littleEndian(at: 26, size: 2))
    let dataStart = extraStart + Int(local.littleEndian(at: 28, size: 2))
    guard local.starts(with: ZipMember.signature) else {
      throw entry.failure(at: header.offset, "expected the header of the entry, PK\\x03\\x04")
    }
    guard dataStart <= limit, header.storedSize <= limit - dataStart else {
      throw entry.failure(at: header.offset, ZipMember.overlap(limit))
    }
    let rest = try entry.bytes(start..<dataStart, "the header of the entry")
    let flags: UInt64 = 0x0809
    guard rest[..<(extraStart - start)].elementsEqual(header.nameBytes),
      local.littleEndian(at: 8, size: 2) == header.method,
      local.littleEndian(at: 6, size: 2) & flags == header.flags & flags
    else {
      throw entry.failure(
        at: header.offset,
        "expected the same name, method and flags as in the directory, found others")
    }
    var wide = ZipExtra(Array(rest[(extraStart - start)...]))
    let checksum = local.littleEndian(at: 14, size: 4)
    let size = wide.value(of: local.littleEndian(at: 22, size: 4))
    let storedSize = wide.value(of: local.littleEndian(at: 18, size: 4))
    func agrees(_ value: UInt64?, _ expected: some BinaryInteger) -> Bool {
      value.map { $0 == expected } ?? false || header.hasDescriptor && (value == 0 || value == nil)
    }
    guard agrees(checksum, header.checksum), agrees(size, header.size),
      agrees(storedSize, header.storedSize)
    else {
      throw entry.failure(
        at: header.offset + 14,
        "expected the same sizes and checksum as in the directory, found others")
    }
    data = dataStart..<dataStart + header.storedSize
    if header.hasDescriptor { try checkDescriptor(header, entry, before: limit) }
  }

  private static func overlap(_ limit: Int) -> String {
    "expected an entry that ends before byte \(limit), where another part of the archive begins"
  }

  /// Checks the descriptor after the data, which has sizes of 32 or 64 bits.
  private func checkDescriptor(
    _ header: ZipHeader, _ entry: ByteSource, before limit: Int
  ) throws(CheckpointError) {
    let start = data.upperBound
    let found = try entry.bytes(start..<min(limit, start + 24), "the descriptor of the entry")
    let isRight = [4, 8].contains { size in
      found.count >= 8 + 2 * size && found.starts(with: ZipMember.descriptorSignature)
        && found.littleEndian(at: 4, size: 4) == header.checksum
        && found.littleEndian(at: 8, size: size) == header.storedSize
        && found.littleEndian(at: 8 + size, size: size) == header.size
    }
    guard isRight else {
      throw entry.failure(
        at: start, "expected a descriptor with the same sizes and checksum as in the directory")
    }
  }
}
