#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A file to which whole pieces are added, such as a log. One program at a time has it open.
///
/// A program that is killed while it adds a piece leaves a part of it. The next one cuts the file
/// back to a size at which it was whole.
package struct JournalFile {
  private let path: String
  private let file: OpenFile
  /// The size in bytes.
  package private(set) var size: Int

  /// Opens the file at `path`, or creates an empty one.
  ///
  /// - Throws: `FileError` if that is impossible, or if another program has the file open.
  package init(_ path: String) throws(FileError) {
    try checkPath(path, names: "file")
    self.path = path
    do throws(SystemError) {
      let terminated = SystemPath(path).terminated
      file = OpenFile(
        try system { unsafe open(terminated, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666) })
      guard try file.status.kind == .file else { throw SystemError(code: EINVAL) }
      try file.lock { false }
      size = try file.status.size
    } catch {
      throw FileError(
        path,
        error.code == ECANCELED
          ? "another program is writing it" : "cannot be written: \(error.sentence)")
    }
  }

  /// Removes everything after the first `size` bytes. A shorter file is unchanged.
  package mutating func cut(to size: Int) throws(FileError) {
    guard size < self.size else { return }
    do {
      try system { ftruncate(file.descriptor, off_t(size)) }
    } catch {
      throw FileError(path, "cannot be written: \(error.sentence)")
    }
    self.size = size
  }

  /// Adds bytes at the end, or none of them if that is impossible.
  package mutating func append(_ bytes: [UInt8]) throws(FileError) {
    do {
      try FileWriter(path: path, file: file).write(bytes)
    } catch {
      // A disk that is full may have taken a part of them.
      _ = try? system { ftruncate(file.descriptor, off_t(size)) }
      throw error
    }
    size += bytes.count
  }

  /// Waits until everything is on disk.
  package func sync() throws(FileError) {
    do {
      try file.sync()
    } catch {
      throw FileError(path, "cannot be written: \(error.sentence)")
    }
  }
}
