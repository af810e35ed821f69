#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Files that appear whole or not at all.
package enum WholeFile {
  /// Writes what `body` gives to the file at `path`.
  ///
  /// A new file or a regular one is written beside its place, taken to the disk and then given the
  /// name in one step, with the permissions of the file that it replaces. A symbolic link stays one,
  /// and what it names is replaced. A pipe, a device or the program's own standard output is written
  /// to as it stands.
  ///
  /// - Throws: `FileError`; the old file is then still there.
  package static func write(
    to path: String, _ body: (FileWriter) throws(FileError) -> Void
  ) throws(FileError) {
    try checkPath(path, names: "file")
    do {
      if let open = try openedAsItStands(path) {
        try body(FileWriter(path: path, file: open))
      } else {
        try replace(path, body)
      }
    } catch let error as SystemError {
      throw FileError(path, "cannot be written: \(error.sentence)")
    } catch {
      throw error as? FileError ?? FileError(path, "cannot be written: \(error)")
    }
  }

  /// Makes the directory at `path` and those above it, if they are not there.
  package static func makeFolder(_ path: String) throws(FileError) {
    try checkPath(path, names: "directory")
    do {
      try makeFolders(path)
    } catch {
      throw FileError(path, "cannot be written: \(error.sentence)")
    }
  }

  /// What cannot be replaced by a file, opened for writing; `nil` if `path` names a file or nothing.
  private static func openedAsItStands(_ path: String) throws(SystemError) -> OpenFile? {
    guard let status = try FileStatus.at(path) else { return nil }
    switch status.kind {
    case .file:
      // As /dev/stdout is, when the shell sends the output to a file.
      for standard in [STDOUT_FILENO, STDERR_FILENO]
      where (try? FileStatus(descriptor: standard))?.identity == status.identity {
        return OpenFile(try system { dup(standard) })
      }
      return nil
    case .folder: throw SystemError(code: EISDIR)
    default: return try OpenFile(path: path, O_WRONLY, waits: true)
    }
  }

  private static func replace(
    _ path: String, _ body: (FileWriter) throws(FileError) -> Void
  ) throws {
    if path.hasSuffix("/") { throw SystemError(code: EISDIR) }
    let place = try Place(path)
    let folder = try Folder.locked(place.parent)
    let beside = place.sibling("file")
    // The lock is held, so this is what a save that was killed has left.
    if try folder.status(of: beside) != nil { try folder.removeFile(beside) }
    let file = try folder.makeFile(beside)
    do {
      if let status = try FileStatus.at(path) { file.takeOver(status) }
      try body(FileWriter(path: path, file: file))
      try file.sync()
      try folder.rename(beside, to: place.name, in: folder)
    } catch {
      try? folder.removeFile(beside)
      throw error
    }
    try folder.file.sync()
  }
}
