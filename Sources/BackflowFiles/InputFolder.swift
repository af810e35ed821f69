#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A directory whose files are read as a unit: open files belong together even if a
/// `FolderReplacement` replaces the directory.
package struct InputFolder {
  /// The path, as given by the caller.
  package let path: String
  private let folder: Folder

  /// Opens the directory at `path`, or returns `nil` if it does not exist.
  package init?(_ path: String) throws(FileError) {
    try checkPath(path, names: "directory")
    self.path = path
    do {
      guard let folder = try InputFolder.opened(path) else { return nil }
      self.folder = folder
    } catch {
      throw FileError(path, "cannot be read: \(error.sentence)")
    }
  }

  /// Returns whether `path` refers to a directory, also through symbolic links and without read
  /// permission, or to one that a killed save has left under another name.
  package static func isThere(_ path: String) -> Bool {
    do {
      try checkPath(path, names: "directory")
      guard let status = try FileStatus.at(SystemPath(path)) else {
        return try InputFolder.opened(path) != nil
      }
      return status.kind == .folder
    } catch {
      return false
    }
  }

  private static func opened(_ path: String) throws(SystemError) -> Folder? {
    do {
      return try Folder(SystemPath(path))
    } catch {
      guard error.code == ENOENT else { throw error }
    }
    // A save without an atomic exchange was killed between its steps.
    guard let place = try? Place(SystemPath(path)), let parent = try? Folder(place.parent) else {
      return nil
    }
    return try? Folder(place.sibling("former"), in: parent)
  }

  /// Returns the names of the regular files, in ascending order.
  package func fileNames() throws(FileError) -> [String] {
    do {
      var names: [String] = []
      for name in try folder.names() {
        let status = try? folder.status(of: name, followsLinks: true)
        if status?.kind == .file { names.append(name.text) }
      }
      return names.sorted()
    } catch {
      throw FileError(path, "cannot be read: \(error.sentence)")
    }
  }

  /// Opens the file `name`.
  package func file(_ name: String) throws(FileError) -> InputFile {
    try InputFile(joined(path, name)) { () throws(SystemError) in
      try OpenFile(EntryName(name), in: folder.file, O_RDONLY)
    }
  }

  /// Whether the path still refers to this directory, so that all files that were read belong
  /// together.
  package var isCurrent: Bool {
    guard let opened = try? folder.file.status.identity else { return false }
    guard let now = try? InputFolder.opened(path)?.file.status.identity else { return false }
    return now == opened
  }
}
