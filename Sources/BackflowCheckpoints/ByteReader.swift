internal import BackflowFiles

/// A reader that takes the bytes of a file in order, piece by piece. Every read is checked against
/// the end of the file.
struct ByteReader {
  private enum Source {
    case bytes([UInt8])
    case file(InputFile)
  }

  let file: String
  private let source: Source
  private let size: Int
  private(set) var offset = 0

  init(_ bytes: [UInt8], of file: String) {
    (self.file, source, size) = (file, .bytes(bytes), bytes.count)
  }

  init(_ file: InputFile) {
    (self.file, source, size) = (file.path, .file(file), file.size)
  }

  var remaining: Int { size - offset }

  /// Returns the next `count` bytes. `what` describes them in the error message.
  mutating func take(_ count: Int, _ what: String) throws(CheckpointError) -> [UInt8] {
    guard count <= remaining else { throw ending(what, count, remaining) }
    let taken: [UInt8]
    switch source {
    case .bytes(let bytes): taken = Array(bytes[offset..<offset + count])
    case .file(let file):
      do {
        taken = try file.read(count)
      } catch {
        throw CheckpointError(error)
      }
      // Another process has truncated the file since it was opened.
      guard taken.count == count else { throw ending(what, count, taken.count) }
    }
    offset += count
    return taken
  }

  private func ending(_ what: String, _ count: Int, _ left: Int) -> CheckpointError {
    failure("expected \(count) bytes for \(what), found \(left) before the end of the file")
  }

  /// Returns a little-endian unsigned integer of `size` bytes.
  mutating func littleEndian(size: Int, _ what: String) throws(CheckpointError) -> UInt64 {
    try take(size, what).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func failure(_ problem: String) -> CheckpointError {
    CheckpointError(file, at: offset, problem)
  }
}

extension CheckpointError {
  init(_ error: FileError) { self.init(error.path, error.problem) }
}
