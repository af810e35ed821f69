#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// An atomic replacement of a directory.
///
/// The new files are written to a directory next to the old one, `.NAME.backflow-new`, and
/// synchronized to disk. Each other entry of the old directory gets a hard link in the new one or,
/// if it is a directory, a symbolic link. Then the two directories are exchanged, each symbolic
/// link is exchanged for its directory, and the old directory is removed entry by entry. If the
/// file system does not support exchanges, the old directory is first renamed to
/// `.NAME.backflow-former`.
///
/// The file `.backflow-files` in the directory lists the files of the replacement. The next
/// replacement, also of a copy of the directory, uses it to distinguish them from other files.
///
/// A lock on the parent directory makes a second writer wait. It is not a lock file, so that
/// nothing is left behind. The next save to the same path cleans up after a killed process.
package struct FolderReplacement {
  /// The path, as given by the caller.
  let path: String
  let place: Place
  /// The parent directory, locked.
  let parent: Folder
  /// A closure that is called while another program has a directory locked; `false` ends the wait.
  let goesOn: (() -> Bool)?
  /// Whether the directories can be exchanged atomically.
  var exchanges = true

  var new: EntryName { place.sibling("new") }
  var former: EntryName { place.sibling("former") }
  /// A marker in an unfinished directory. Without it, a directory `new` is the old one after an
  /// exchange.
  static let unfinished = EntryName(".backflow-unfinished")

  /// Replaces or creates the directory at `path`, so that it has the files `names`, which `body`
  /// writes in order. Files of an earlier replacement are removed, and all other entries are kept.
  /// A file has the permissions of the file that it replaces.
  ///
  /// - Parameters:
  ///   - path: The path of the directory.
  ///   - names: The names of the files to write.
  ///   - exchanges: Whether to exchange the directories atomically if possible.
  ///   - goesOn: A closure that is called repeatedly while another program has the directory
  ///     locked. The wait ends when it returns `false`. If `nil`, the wait ends only with the lock.
  ///   - body: A closure that writes the file with the given index.
  /// - Throws: `FileError`. The old directory is then unchanged, unless the problem begins with
  ///   "was saved": in that case the new directory is in place.
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
        // Before the lock is released, so that another process never finds only some of the
        // directories.
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
        path, "was saved, but may be lost if the system crashes now: \(error.sentence)")
    }
  }

  /// Checks whether `write` can replace the directory at `path`, and cleans up after an earlier
  /// replacement. Missing parent directories are created and removed again.
  ///
  /// - Parameters:
  ///   - path: The path of the directory.
  ///   - names: The names of the files to write.
  ///   - goesOn: A closure that is called repeatedly while another program has the directory
  ///     locked, as for `write`.
  /// - Throws: `FileError` with the reason if the directory cannot be replaced.
  package static func prepare(
    _ path: String, files names: [String] = [], whileLocked goesOn: (() -> Bool)? = nil
  ) throws(FileError) {
    var made: [SystemPath] = []
    do {
      let replacement = try FolderReplacement(path, goesOn, &made)
      // Before the lock is released, as in `write`.
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

  /// Opens and locks the parent directory, which is created if necessary. Created directories are
  /// added to `made`.
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
        // Another process may have removed a parent directory that it had created.
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

  /// Returns the directory to be replaced, or `nil` if it does not exist.
  func target() throws(SystemError) -> Folder? {
    try parent.status(of: place.name) == nil ? nil : Folder(place.name, in: parent)
  }
}
