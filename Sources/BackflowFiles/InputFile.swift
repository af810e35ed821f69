#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A sequential reader of a regular file.
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

  /// Returns the next `count` bytes, or fewer at the end of the file.
  package func read(_ count: Int) throws(FileError) -> [UInt8] {
    var failure: SystemError?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(SystemError) {
        while filled < count {
          let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer[filled...])
          let read = try system {
            unsafe readOnce(file.descriptor, rest.baseAddress, rest.count)
          }
          if read == 0 { break }
          filled += read
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw FileError(path, "cannot be read: \(failure.sentence)") }
    return bytes
  }
}

private func readOnce(
  _ descriptor: Int32, _ start: UnsafeMutablePointer<UInt8>?, _ count: Int
) -> Int {
  unsafe read(descriptor, start, count)
}
