#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// Files that are written completely or not at all.
package enum WholeFile {
  /// Writes a file at `path`, with contents from `body`.
  ///
  /// A regular file is written to a temporary file in the same directory, synchronized to disk, and
  /// renamed atomically, with the permissions of the file that it replaces. A symbolic link is
  /// kept, and its target is replaced. A pipe, a device, an open descriptor (`/dev/fd/3`), or the
  /// standard output of the program is written to directly.
  ///
  /// - Parameters:
  ///   - path: The path of the file.
  ///   - goesOn: A closure that is called repeatedly while another program has the directory
  ///     locked. The wait ends when it returns `false`. If `nil`, the wait ends only with the lock.
  ///   - body: A closure that writes the contents.
  /// - Throws: `FileError`. The old file is then unchanged, unless the problem states that the file
  ///   was written.
  package static func write(
    to path: String, whileLocked goesOn: (() -> Bool)? = nil,
    _ body: (FileWriter) throws(FileError) -> Void
  ) throws(FileError) {
    try checkPath(path, names: "file")
    do {
      if let open = try openedAsItStands(path) {
        try body(FileWriter(path: path, file: open))
      } else {
        try replace(path, goesOn, body)
      }
    } catch let error as SystemError {
      throw FileError(path, "cannot be written: \(error.sentence)")
    } catch {
      throw error as? FileError ?? FileError(path, "cannot be written: \(error)")
    }
  }

  /// Creates the directory at `path` and its parents if they do not exist.
  package static func makeFolder(_ path: String) throws(FileError) {
    try checkPath(path, names: "directory")
    do {
      try syncNames(of: makeFolders(SystemPath(path)))
    } catch {
      throw FileError(path, "cannot be written: \(error.sentence)")
    }
  }

  /// Opens a file that cannot be replaced, or returns `nil` if `path` refers to a regular file or
  /// to nothing.
  private static func openedAsItStands(_ path: String) throws(SystemError) -> OpenFile? {
    if let descriptor = SystemPath(path).descriptor {
      return OpenFile(try system { dup(descriptor) })
    }
    guard let status = try FileStatus.at(SystemPath(path)) else { return nil }
    switch status.kind {
    case .file:
      // The shell may have redirected the output to this file.
      for standard in [STDOUT_FILENO, STDERR_FILENO]
      where (try? FileStatus(descriptor: standard))?.identity == status.identity {
        return OpenFile(try system { dup(standard) })
      }
      return nil
    case .folder: throw SystemError(code: EISDIR)
    default: return try OpenFile(path: SystemPath(path), O_WRONLY, waits: true)
    }
  }

  private static func replace(
    _ path: String, _ goesOn: (() -> Bool)?, _ body: (FileWriter) throws(FileError) -> Void
  ) throws {
    if path.utf8.last == UInt8(ascii: "/") { throw SystemError(code: EISDIR) }
    let place = try Place(SystemPath(path))
    let folder = try Folder.locked(place.parent, goesOn)
    let beside = place.sibling("file")
    // Since the lock is held, this is left over from a killed save.
    if try folder.status(of: beside) != nil { try folder.removeFile(beside) }
    let file = try folder.makeFile(beside)
    do {
      if let status = try FileStatus.at(SystemPath(path)) { file.takeOver(status) }
      try body(FileWriter(path: path, file: file))
      try file.sync()
      try folder.rename(beside, to: place.name, in: folder)
    } catch {
      try? folder.removeFile(beside)
      throw error
    }
    do {
      try folder.file.sync()
    } catch {
      throw FileError(
        path, "was written, but may be lost if the system crashes now: \(error.sentence)")
    }
  }
}
