#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A regular file, open for reading at any position.
package struct InputFile {
  /// The path, as given by the caller.
  package let path: String
  /// The size in bytes when the file was opened.
  package let size: Int
  private let file: OpenFile

  /// Opens the file at `path`.
  package init(_ path: String) throws(FileError) {
    try checkPath(path, names: "file")
    try self.init(path) { () throws(SystemError) in try OpenFile(path: SystemPath(path), O_RDONLY) }
  }

  init(_ path: String, _ open: () throws(SystemError) -> OpenFile) throws(FileError) {
    do {
      file = try open()
      let status = try file.status
      switch status.kind {
      case .file: break
      case .folder: throw SystemError(code: EISDIR)
      default:
        throw FileError(
          path,
          "cannot be read: it is \(status.kind.name), not a regular file; copy its contents to a"
            + " file")
      }
      (self.path, size) = (path, status.size)
    } catch let error as SystemError {
      throw FileError(path, "cannot be read: \(error.sentence)")
    } catch {
      throw error as? FileError ?? FileError(path, "cannot be read: \(error)")
    }
  }

  /// Fills `numbers` with the bytes at `offset`, in the byte order of the system.
  ///
  /// - Returns: The number of bytes that were read, which is less than that of `numbers` only at
  ///   the end of the file.
  package func read<Number: Numeric & BitwiseCopyable>(
    into numbers: inout MutableSpan<Number>, at offset: Int
  ) throws(FileError) -> Int {
    do {
      return unsafe try numbers.withUnsafeMutableBufferPointer { numbers throws(SystemError) in
        let bytes = UnsafeMutableRawBufferPointer(numbers)
        var filled = 0
        while filled < bytes.count {
          let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
          let read = try system {
            unsafe pread(file.descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
          }
          if read == 0 { break }
          filled += read
        }
        return filled
      }
    } catch {
      throw FileError(path, "cannot be read: \(error.sentence)")
    }
  }

  /// Returns the `count` bytes at `offset`, or fewer at the end of the file.
  package func read(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    let filled = try read(into: &span, at: offset)
    return filled == count ? bytes : Array(bytes[..<filled])
  }
}
