#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A directory that is replaced as a whole, by one step of the file system.
///
/// The new files are written into a directory beside it, `.NAME.backflow-new`, and taken to the disk.
/// Everything else that the old directory holds gets a second name in the new one, or a link where it
/// is a directory. Then the two are exchanged, each such link is exchanged for its directory, and the old
/// directory is removed entry by entry.
/// Where the file system has no exchange, the old one is renamed to `.NAME.backflow-former` first.
///
/// A lock on the directory above keeps a second writer waiting. It is no file, so nothing remains of
/// it. What a process that was killed has left is put in order by the next save to the same place.
package struct FolderReplacement {
  /// The path as it was given.
  let path: String
  let place: Place
  /// The directory above, locked.
  let parent: Folder
  /// Whether the exchange in one step is to be tried.
  var exchanges = true

  var new: EntryName { place.sibling("new") }
  var former: EntryName { place.sibling("former") }
  /// In a directory that is not finished. Without it, a directory `new` is the old one after an
  /// exchange.
  static let unfinished = EntryName(".backflow-unfinished")

  /// Replaces the directory at `path`, or makes it, so that it holds the files `names`, which `body`
  /// writes one after the other. Of what it held before, files that an earlier replacement wrote
  /// are removed; whatever else there is stays.
  ///
  /// - Throws: `FileError`; the old directory is then as it was.
  package static func write(
    to path: String, files names: [String], exchanges: Bool = true,
    _ body: (_ index: Int, FileWriter) throws(FileError) -> Void
  ) throws(FileError) {
    try checkPath(path, names: "directory")
    var made: [String] = []
    do {
      made = try makeFolders(split(path).parent)
      var replacement = try FolderReplacement(path)
      replacement.exchanges = exchanges
      try replacement.check()
      try replacement.recover()
      try replacement.run(names, body)
    } catch {
      removeFolders(made)
      throw FolderReplacement.fileError(error, path)
    }
  }

  /// Finds out whether `write` can replace the directory at `path`, and puts in order what an
  /// earlier one has left. Directories above may be made.
  ///
  /// - Throws: `FileError` that says why not.
  package static func prepare(_ path: String) throws(FileError) {
    try checkPath(path, names: "directory")
    do {
      try makeFolders(split(path).parent)
      let replacement = try FolderReplacement(path)
      try replacement.check()
      try replacement.recover()
      _ = try replacement.parent.makeFolder(replacement.new, permissions: 0o700)
      try replacement.parent.removeFolder(replacement.new)
    } catch {
      throw fileError(error, path)
    }
  }

  private init(_ path: String) throws(SystemError) {
    self.path = path
    place = try Place(path)
    parent = try Folder.locked(place.parent)
  }

  private static func fileError(_ error: any Error, _ path: String) -> FileError {
    if let error = error as? FileError { return error }
    let sentence = (error as? SystemError)?.sentence ?? "\(error)"
    return FileError(path, "cannot be written: \(sentence)")
  }

  /// The directory that is to be replaced, if there is one.
  func target() throws(SystemError) -> Folder? {
    try parent.status(of: place.name) == nil ? nil : Folder(place.name, in: parent)
  }

  /// Refuses what cannot be exchanged for another directory.
  private func check() throws {
    guard let status = try parent.status(of: place.name) else { return }
    guard status.kind == .folder else {
      throw FileError(path, "is \(status.kind.name) and not a directory")
    }
    if try FileStatus.at(".")?.identity == status.identity {
      throw FileError(
        path, "is the current directory, which a save would replace; name a directory inside it")
    }
    let target = try Folder(place.name, in: parent)
    if try isMountPoint(target, in: parent) {
      throw FileError(
        path, "is a mount point, which no save can replace; name a directory inside it")
    }
    for folder in [parent, target] where unsafe access(folder.path, W_OK) != 0 {
      throw FileError(
        path, "cannot be written: \(SystemError(code: errno).sentence) (\(folder.path))")
    }
    // Directories inside are moved, for which one must be allowed to write to them.
    for name in try target.names() where try target.status(of: name)?.kind == .folder {
      let folder = try Folder(name, in: target)
      if try isMountPoint(folder, in: target) {
        throw FileError(
          path, "holds the mount point \(name.text), which no save can move; name another directory"
        )
      }
      if unsafe access(folder.path, W_OK) != 0 {
        throw FileError(
          path, "cannot be written: \(SystemError(code: errno).sentence) (\(folder.path))")
      }
    }
  }

  private func isMountPoint(_ folder: Folder, in above: Folder) throws(SystemError) -> Bool {
    let (device, other) = (try folder.file.status, try above.file.status)
    return device.identity.device != other.identity.device || folder.isMountPoint
  }
}
