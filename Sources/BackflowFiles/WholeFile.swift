#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// Files that appear whole or not at all.
package enum WholeFile {
  /// Writes what `body` gives to the file at `path`.
  ///
  /// A new file or a regular one is written beside its place, taken to the disk and then given the
  /// name in one step, with the permissions of the file that it replaces. A symbolic link stays one,
  /// and what it names is replaced. A pipe, a device, an open descriptor (`/dev/fd/3`) or the program's
  /// own standard output is written to as it stands.
  ///
  /// - Parameter goesOn: Asked again and again while another program has the directory locked; `false`
  ///   ends the wait. If `nil`, the wait ends with the lock alone.
  /// - Throws: `FileError`. The old file is then still there, unless the problem says that the file was
  ///   written.
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

  /// Makes the directory at `path` and those above it, if they are not there.
  package static func makeFolder(_ path: String) throws(FileError) {
    try checkPath(path, names: "directory")
    do {
      try syncNames(of: makeFolders(SystemPath(path)))
    } catch {
      throw FileError(path, "cannot be written: \(error.sentence)")
    }
  }

  /// What cannot be replaced by a file, opened for writing; `nil` if `path` names a file or nothing.
  private static func openedAsItStands(_ path: String) throws(SystemError) -> OpenFile? {
    if let descriptor = SystemPath(path).descriptor {
      return OpenFile(try system { dup(descriptor) })
    }
    guard let status = try FileStatus.at(SystemPath(path)) else { return nil }
    switch status.kind {
    case .file:
      // The shell may have sent the output to this file.
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
    // The lock is held, so this is what a save that was killed has left.
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
        path, "was written, but may be lost if the computer stops now: \(error.sentence)")
    }
  }
}
