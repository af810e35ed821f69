internal import BackflowFiles
internal import BackflowKernels

/// Bytes that can be read at any position: a file or a part of it, bytes in memory, or an entry of
/// an archive.
///
/// Files are read rather than mapped: a file that another process truncates then causes an error
/// instead of a signal.
struct ByteSource: Sendable {
  private enum Contents: Sendable {
    case file(InputFile)
    case bytes([UInt8])
    case deflated(ZipEntry)
  }

  /// The path of the file, for messages.
  let file: String
  /// The tensor or the entry of an archive to which the bytes belong, for messages.
  let entry: String?
  private let contents: Contents
  private let range: Range<Int>
  /// The entry of an archive whose bytes must be compared with its checksum before use.
  private let unchecked: ZipEntry?
  /// Whether offsets in these bytes are offsets in the file or the entry.
  private let hasOffsets: Bool

  /// The number of bytes.
  var count: Int { range.count }

  init(_ file: InputFile) {
    (self.file, entry, contents, range) = (file.path, nil, .file(file), 0..<file.size)
    (unchecked, hasOffsets) = (nil, true)
  }

  /// - Parameter hasOffsets: Whether these are the bytes of the file or the entry, rather than some
  ///   that were decoded from a part of it. Errors in others have no offset.
  init(_ bytes: [UInt8], of file: String, entry: String? = nil, hasOffsets: Bool = true) {
    (self.file, self.entry, contents, range) = (file, entry, .bytes(bytes), 0..<bytes.count)
    (unchecked, self.hasOffsets) = (nil, hasOffsets)
  }

  /// The contents of an entry of an archive, decompressed.
  init(_ archived: ZipEntry) {
    (file, entry, hasOffsets) = (archived.stored.file, archived.stored.entry, true)
    if archived.isDeflated {
      (contents, range, unchecked) = (.deflated(archived), 0..<archived.size, nil)
    } else {
      (contents, range) = (archived.stored.contents, archived.stored.range)
      unchecked = archived
    }
  }

  private init(_ whole: ByteSource, _ entry: String?, _ range: Range<Int>) {
    (file, self.entry, contents, unchecked) = (whole.file, entry, whole.contents, whole.unchecked)
    hasOffsets = whole.hasOffsets
    self.range =
      range.lowerBound + whole.range.lowerBound..<range.upperBound + whole.range.lowerBound
  }

  /// Opens the file at `path`.
  init(contentsOf path: String) throws(CheckpointError) {
    do {
      self.init(try InputFile(path))
    } catch {
      throw CheckpointError(error)
    }
  }

  /// Returns bytes that can be read at any position at the same cost: those of a compressed entry
  /// in memory, and others where they are.
  ///
  /// - Throws: `CheckpointError` if an entry of an archive does not have its checksum.
  func decompressed() throws(CheckpointError) -> ByteSource {
    if case .deflated(let archived) = contents {
      let all = ByteSource(try archived.decompressed(), of: file, entry: entry)
      return ByteSource(all, entry, range)
    }
    try unchecked?.check()
    return self
  }

  /// Returns some of the bytes under the name of an entry.
  ///
  /// - Precondition: The range is within 0 ..< `count`.
  func part(_ range: Range<Int>, entry: String? = nil) -> ByteSource {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return ByteSource(self, entry ?? self.entry, range)
  }

  /// Returns the bytes in `range`. `what` describes them in the error message. In a compressed
  /// entry, the cost is that of decompressing all bytes before the end of the range.
  func bytes(_ range: Range<Int>, _ what: String) throws(CheckpointError) -> [UInt8] {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw ending(at: range.lowerBound, what, range.count, count - range.lowerBound)
    }
    let start = self.range.lowerBound + range.lowerBound
    switch contents {
    case .bytes(let bytes): return Array(bytes[start..<start + range.count])
    case .deflated(let archived):
      return Array(try archived.prefix(start + range.count)[start..<start + range.count])
    case .file(let file):
      var bytes = [UInt8](repeating: 0, count: range.count)
      var span = bytes.mutableSpan
      try fill(&span, from: file, at: range.lowerBound, what)
      return bytes
    }
  }

  /// Fills `numbers` with the numbers whose little-endian bytes start at `offset`, on all threads:
  /// one core cannot copy from the page cache to memory at the full rate.
  ///
  /// - Precondition: The bytes are those of a file; see `isFile`.
  func fill<Number: Numeric & BitwiseCopyable>(
    _ numbers: inout MutableSpan<Number>, at offset: Int, _ what: String
  ) throws(CheckpointError) {
    let size = numbers.count * MemoryLayout<Number>.stride
    guard case .file(let file) = contents, size <= count - offset else {
      throw ending(at: offset, what, size, count - offset)
    }
    try fill(&numbers, from: file, at: offset, what)
  }

  /// The number of bytes of the file that these bytes are a part of or were compressed in.
  var fileSize: Int {
    switch contents {
    case .file(let file): file.size
    case .bytes(let bytes): bytes.count
    case .deflated(let archived): archived.stored.fileSize
    }
  }

  /// Whether the bytes are those of a file.
  var isFile: Bool { if case .file = contents { true } else { false } }

  private func fill<Number: Numeric & BitwiseCopyable>(
    _ numbers: inout MutableSpan<Number>, from file: InputFile, at offset: Int, _ what: String
  ) throws(CheckpointError) {
    let found: Int
    do {
      found = try file.read(into: &numbers, at: range.lowerBound + offset) { count, body in
        Threads.split(count, grain: 1 << 20, alignment: 4096, body)
      }
    } catch {
      throw CheckpointError(error)
    }
    let size = numbers.count * MemoryLayout<Number>.stride
    // Another process has truncated the file since it was opened.
    guard found == size else { throw ending(at: offset, what, size, found) }
  }

  /// Returns an error for `count` bytes at `offset`, where only `left` are.
  func ending(at offset: Int, _ what: String, _ count: Int, _ left: Int) -> CheckpointError {
    failure(
      at: offset,
      "expected \(count) bytes for \(what), found \(max(left, 0)) before the end of the "
        + (isFile && range.upperBound == fileSize || entry == nil ? "file" : "entry"))
  }

  /// Returns an error at byte `offset` of these bytes.
  func failure(at offset: Int? = nil, _ problem: String) -> CheckpointError {
    let position = hasOffsets ? offset.map { range.lowerBound + $0 } : nil
    return CheckpointError(file, entry: entry, at: position, problem)
  }
}

extension CheckpointError {
  init(_ error: FileError) { self.init(error.path, error.problem) }
}
