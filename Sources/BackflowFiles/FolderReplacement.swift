#if canImport(Darwin)
  internal import Darwin
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
/// The names of the files that a replacement wrote stand in a file beside them, `.backflow-files`, by
/// which the next one, also to a copy of the directory, tells them from what others put there.
///
/// A lock on the directory above keeps a second writer waiting. It is no file, so nothing remains of
/// it. What a process that was killed has left is put in order by the next save to the same place.
package struct FolderReplacement {
  /// The path as it was given.
  let path: String
  let place: Place
  /// The directory above, locked.
  let parent: Folder
  /// Asked while another program has a directory locked; `false` ends the wait.
  let goesOn: (() -> Bool)?
  /// Whether the directories can be exchanged in one step.
  var exchanges = true

  var new: EntryName { place.sibling("new") }
  var former: EntryName { place.sibling("former") }
  /// In a directory that is not finished. Without it, a directory `new` is the old one after an
  /// exchange.
  static let unfinished = EntryName(".backflow-unfinished")

  /// Replaces the directory at `path`, or makes it, so that it holds the files `names`, which `body`
  /// writes one after the other. Of what it held before, files that an earlier replacement wrote
  /// are removed; whatever else there is stays. A file has the permissions of the one that it replaces.
  ///
  /// - Parameters:
  ///   - exchanges: Whether an exchange in one step is tried.
  ///   - goesOn: Asked again and again while another program has the directory locked; `false` ends the
  ///     wait. If `nil`, the wait ends with the lock alone.
  /// - Throws: `FileError`. The old directory is then as it was, unless the problem begins with "was
  ///   saved": then the new one is in its place.
  package static func write(
    to path: String, files names: [String], exchanges: Bool = true,
    whileLocked goesOn: (() -> Bool)? = nil,
    _ body: (_ index: Int, FileWriter) throws(FileError) -> Void
  ) throws(FileError) {
    var made: [SystemPath] = []
    do {
      var replacement = try FolderReplacement(path, goesOn, &made)
      replacement.exchanges = exchanges
      do {
        try replacement.check(names)
        try replacement.recover()
        try replacement.run(names, body)
      } catch {
        // Before the lock is given up, so that another process finds the directories there or not.
        withExtendedLifetime(replacement.parent) { removeFolders(made) }
        throw error
      }
    } catch {
      throw fileError(error, path)
    }
    do {
      try syncNames(of: made)
    } catch {
      throw FileError(
        path, "was saved, but may be lost if the computer stops now: \(error.sentence)")
    }
  }

  /// Finds out whether `write` can replace the directory at `path`, and puts in order what an
  /// earlier one has left. Directories above that are missing are made, and removed again.
  ///
  /// - Parameters:
  ///   - names: The files that are to be written.
  ///   - goesOn: As for `write`.
  /// - Throws: `FileError` that says why not.
  package static func prepare(
    _ path: String, files names: [String] = [], whileLocked goesOn: (() -> Bool)? = nil
  ) throws(FileError) {
    var made: [SystemPath] = []
    do {
      let replacement = try FolderReplacement(path, goesOn, &made)
      // As above.
      defer { withExtendedLifetime(replacement.parent) { removeFolders(made) } }
      try replacement.check(names)
      try replacement.recover()
      let folder = try replacement.parent.makeFolder(replacement.new, permissions: 0o700)
      do {
        // A name may be too long.
        for name in names.map(EntryName.init) {
          _ = try folder.makeFile(name)
          try folder.removeFile(name)
        }
      } catch {
        try? replacement.discard(folder)
        throw error
      }
      try replacement.discard(folder)
    } catch {
      throw fileError(error, path)
    }
  }

  /// The directory above, which is made if need be, opened and locked. What was made is added to `made`.
  private init(
    _ path: String, _ goesOn: (() -> Bool)?, _ made: inout [SystemPath]
  ) throws {
    try checkPath(path, names: "directory")
    self.path = path
    self.goesOn = goesOn
    let path = SystemPath(path)
    var attempts = 0
    while true {
      do throws(SystemError) {
        made += try makeFolders(path.split.parent)
        let place = try Place(path)
        (self.place, parent) = (place, try Folder.locked(place.parent, goesOn))
        return
      } catch {
        // Another process may have removed what it had made and this one counts on.
        attempts += 1
        guard error.code == ENOENT, attempts < 1000 else {
          removeFolders(made)
          throw error
        }
      }
    }
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
}
