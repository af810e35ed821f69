/// The description of an entry in the directory of a zip archive.
///
/// Format: PKWARE's APPNOTE.TXT, version 6.3.10, section 4.3.12.
struct ZipHeader {
  let name: String
  let nameBytes: [UInt8]
  let flags: UInt64
  let method: UInt64
  let checksum: UInt32
  /// The number of bytes in the archive.
  let storedSize: Int
  /// The number of bytes after decompression.
  let size: Int
  /// The offset of the local header.
  let offset: Int

  /// The size of a header without its name and other parts of variable length.
  static let size = 46
  static let maximumNameLength = 4096
  private static let signature: [UInt8] = [0x50, 0x4B, 1, 2]

  var isDeflated: Bool { method == 8 }
  /// Whether the sizes and the checksum follow the data, instead of being in the local header.
  var hasDescriptor: Bool { flags & 8 != 0 }
  /// A directory of a file system, which has no data.
  var isFolder: Bool { nameBytes.last == UInt8(ascii: "/") }

  /// Reads the next header.
  ///
  /// - Parameters:
  ///   - directory: The bytes of the directory.
  ///   - position: The index of the header in `directory`, which becomes that of the next one.
  ///   - start: The offset of the directory in the file.
  init(
    _ directory: [UInt8], _ position: inout Int, _ start: Int, _ source: ByteSource
  ) throws(CheckpointError) {
    let begin = position
    func failure(_ problem: String) -> CheckpointError {
      source.failure(at: start + begin, problem)
    }
    func field(_ offset: Int, _ size: Int) -> UInt64 {
      directory.littleEndian(at: begin + offset, size: size)
    }
    guard directory.count - begin >= ZipHeader.size,
      directory[begin...].starts(with: ZipHeader.signature)
    else { throw failure("expected another entry of the directory") }
    let (nameLength, extraLength) = (Int(field(28, 2)), Int(field(30, 2)))
    let length = ZipHeader.size + nameLength + extraLength + Int(field(32, 2))
    guard directory.count - begin >= length else {
      throw failure("expected an entry of the directory of \(length) bytes, found fewer")
    }
    let extraStart = begin + ZipHeader.size + nameLength
    nameBytes = Array(directory[begin + ZipHeader.size..<extraStart])
    name = try ZipHeader.checkedName(nameBytes, source, at: start + begin)
    let entry = source.part(0..<source.count, entry: name)

    var wide = ZipExtra(Array(directory[extraStart..<extraStart + extraLength]))
    let size = wide.value(of: field(24, 4))
    let storedSize = wide.value(of: field(20, 4))
    let offset = wide.value(of: field(42, 4))
    guard let size, let storedSize, let offset, wide.isValid else {
      throw entry.failure(
        at: start + begin, "expected 64-bit sizes in the extra field of the entry")
    }
    guard field(34, 2) == 0 || field(34, 2) == 0xFFFF else {
      throw entry.failure(at: start + begin, "expected an entry in this file, found another disk")
    }
    (flags, method) = (field(8, 2), field(10, 2))
    checksum = UInt32(field(16, 4))
    try ZipHeader.checkMethod(flags, method, entry, at: start + begin)
    // Deflate stores up to 258 bytes in 2 bits, a ratio of 1032.
    let isPossible =
      method == 0 ? size == storedSize : size <= 64 || (size - 65) / 1032 < storedSize
    guard storedSize <= source.count, offset <= source.count, isPossible,
      size <= UInt64(Int.max)
    else {
      throw entry.failure(
        at: start + begin,
        "expected an entry within the file, found \(storedSize) bytes at \(offset) for \(size) bytes"
          + " of data")
    }
    (self.size, self.storedSize, self.offset) = (Int(size), Int(storedSize), Int(offset))
    guard !isFolder || size == 0 else {
      throw entry.failure(at: start + begin, "expected a folder without data, found \(size) bytes")
    }
    position = begin + length
  }

  /// Returns the name as text, if it is one that every reader understands alike.
  private static func checkedName(
    _ bytes: [UInt8], _ source: ByteSource, at offset: Int
  ) throws(CheckpointError) -> String {
    guard (1...maximumNameLength).contains(bytes.count),
      let name = String(validating: bytes, as: UTF8.self)
    else {
      throw source.failure(
        at: offset, "expected the name of an entry in UTF-8, of 1 to \(maximumNameLength) bytes")
    }
    guard ZipHeader.isValidName(name) else {
      throw source.part(0..<source.count, entry: name).failure(
        at: offset,
        "expected the name of an entry without empty components, \"..\", backslashes and zero bytes"
      )
    }
    return name
  }

  /// Whether a name is a relative path within the archive.
  static func isValidName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count <= maximumNameLength, !bytes.contains(0), !bytes.contains(0x5C) else {
      return false
    }
    let components = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    // A slash at the end denotes a folder.
    let isFolder = components.count > 1 && components.last?.isEmpty == true
    return components.dropLast(isFolder ? 1 : 0).allSatisfy {
      !$0.isEmpty && !$0.elementsEqual("..".utf8)
    }
  }

  private static func checkMethod(
    _ flags: UInt64, _ method: UInt64, _ entry: ByteSource, at offset: Int
  ) throws(CheckpointError) {
    guard flags & 0x2041 == 0 else {
      throw entry.failure(at: offset, "the entry is encrypted; decrypt the archive first")
    }
    guard method == 0 || method == 8 else {
      let names: [UInt64: String] = [
        1: "shrink", 6: "implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard",
        95: "XZ",
      ]
      throw entry.failure(
        at: offset,
        "expected an entry that is stored or compressed by deflate, found compression by"
          + " \(names[method] ?? "method \(method)"); compress the archive again by deflate")
    }
    // Bits 1 and 2 are the level of compression, bit 3 announces a descriptor, and bit 11 UTF-8.
    guard flags & ~0x080E == 0 else {
      throw entry.failure(
        at: offset, "expected flags in 0x080e, found 0x\(String(flags, radix: 16))")
    }
  }
}

/// The 64-bit sizes in the extra field of a header, which has only those whose 32-bit twins have
/// all bits set, in order.
struct ZipExtra {
  private var wide: ArraySlice<UInt8>?
  /// Whether the extra field consists of parts with lengths, and has 64-bit sizes at most once.
  private(set) var isValid = true

  init(_ extra: [UInt8]) {
    var position = 0
    // Some writers pad the field with up to three bytes.
    while extra.count - position >= 4 {
      let length = Int(extra.littleEndian(at: position + 2, size: 2))
      let start = position + 4
      guard length <= extra.count - start else {
        isValid = false
        return
      }
      if extra.littleEndian(at: position, size: 2) == 1 {
        if wide != nil { isValid = false }
        wide = extra[start..<start + length]
      }
      position = start + length
    }
  }

  /// Returns the next 64-bit number in place of a number with all bits set, other numbers
  /// themselves, and `nil` if there is no 64-bit number.
  mutating func value(of narrow: UInt64) -> UInt64? {
    guard narrow == 0xFFFF_FFFF else { return narrow }
    guard let next = wide?.prefix(8), next.count == 8 else { return nil }
    wide = wide?.dropFirst(8)
    return Array(next).littleEndian(at: 0, size: 8)
  }
}
