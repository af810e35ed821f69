#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension FolderReplacement {
  /// Throws an error if the target cannot be exchanged for a directory with the files `names`.
  func check(_ names: [String]) throws {
    guard let status = try parent.status(of: place.name) else { return try parent.checkWritable() }
    guard status.kind == .folder else {
      throw FileError(path, "cannot be written: it is \(status.kind.name), not a directory")
    }
    if try FileStatus.at(SystemPath("."))?.identity == status.identity {
      throw FileError(
        path, "cannot be written: it is the current directory; choose a directory inside it")
    }
    switch try parent.obstacle(to: place.name) {
    case .mountPoint:
      throw FileError(
        path, "cannot be written: it is a mount point; choose a directory inside it")
    case .immutable:
      throw FileError(
        path, "cannot be written: it is immutable or append-only (see lsattr); choose another one")
    case nil: break
    }
    let target = try Folder(place.name, in: parent)
    try checkRights("its parent directory") { () throws(SystemError) in
      try parent.checkWritable()
      try checkMovable(status, from: parent)
    }
    try checkRights("the directory itself") { () throws(SystemError) in try target.checkWritable() }
    let files = Set(names.map(EntryName.init) + [FolderReplacement.list])
    for name in try target.names() { try check(name, in: target, isReplaced: files.contains(name)) }
    _ = try ownFiles(in: target)
  }

  /// Throws an error if an entry cannot be moved to another directory or replaced by a file.
  private func check(_ name: EntryName, in target: Folder, isReplaced: Bool) throws {
    guard let status = try target.status(of: name) else { return }
    let shown = joined(path, name.text)
    if isReplaced, status.kind == .folder {
      throw FileError(shown, "cannot be written: it is a directory; move it elsewhere")
    }
    switch try target.obstacle(to: name) {
    case .mountPoint:
      throw FileError(
        path,
        "cannot be written: it contains the mount point \(name.text); choose another directory")
    case .immutable:
      throw FileError(
        path,
        "cannot be written: it contains \(name.text), which is immutable or append-only (see"
          + " lsattr); choose another directory")
    case nil: break
    }
    try checkRights(shown) { () throws(SystemError) in
      try checkMovable(status, from: target)
      // Moving a directory requires write permission on it.
      if status.kind == .folder { try target.checkWritable(name) }
    }
  }

  private func checkRights(
    _ shown: String, _ body: () throws(SystemError) -> Void
  ) throws(FileError) {
    do throws(SystemError) {
      try body()
    } catch {
      throw FileError(path, "cannot be written: \(error.sentence) (\(shown))")
    }
  }

  /// Checks whether an entry may be moved. In a directory with the sticky bit, such as /tmp, only
  /// owners may move it.
  private func checkMovable(_ status: FileStatus, from folder: Folder) throws(SystemError) {
    let above = try folder.file.status
    if above.isSticky, geteuid() != 0,
      ![status.owner.user, above.owner.user].contains(geteuid())
    {
      throw SystemError(code: EPERM)
    }
  }
}
