#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif
internal import Synchronization

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
  /// - Parameters:
  ///   - numbers: The numbers.
  ///   - offset: The offset of the first byte.
  ///   - divide: Calls a closure for disjoint parts of `0..<count`, possibly at the same time, and
  ///     returns when all are done. By default, the bytes are read in one part.
  /// - Returns: The number of bytes that were read, which is less than that of `numbers` only at
  ///   the end of the file.
  package func read<Number: Numeric & BitwiseCopyable>(
    into numbers: inout MutableSpan<Number>, at offset: Int,
    inParts divide: (_ count: Int, (Range<Int>) -> Void) -> Void = { $1(0..<$0) }
  ) throws(FileError) -> Int {
    let outcome = unsafe numbers.withUnsafeMutableBufferPointer { numbers in
      let bytes = UnsafeMutableRawBufferPointer(numbers)
      let outcome = Mutex<(filled: Int, failure: SystemError?)>((0, nil))
      divide(bytes.count) { range in
        do throws(SystemError) {
          let part = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range])
          let filled = try unsafe fill(part, at: offset + range.lowerBound)
          outcome.withLock { $0.filled += filled }
        } catch {
          outcome.withLock { $0.failure = error }
        }
      }
      return outcome.withLock { $0 }
    }
    if let failure = outcome.failure {
      throw FileError(path, "cannot be read: \(failure.sentence)")
    }
    return outcome.filled
  }

  /// Fills `bytes` from `offset` on, as far as there are bytes, and returns their number.
  private func fill(
    _ bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SystemError) -> Int {
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

  /// Returns the `count` bytes at `offset`, or fewer at the end of the file.
  package func read(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    let filled = try read(into: &span, at: offset)
    return filled == count ? bytes : Array(bytes[..<filled])
  }
}
