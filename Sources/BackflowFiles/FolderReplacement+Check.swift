#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension FolderReplacement {
  /// Refuses what cannot be exchanged for another directory that holds the files `names`.
  func check(_ names: [String]) throws {
    guard let status = try parent.status(of: place.name) else { return try parent.checkWritable() }
    guard status.kind == .folder else {
      throw FileError(path, "is \(status.kind.name) and not a directory")
    }
    if try FileStatus.at(SystemPath("."))?.identity == status.identity {
      throw FileError(
        path, "is the current directory, which a save would replace; name a directory inside it")
    }
    switch try parent.obstacle(to: place.name) {
    case .mountPoint:
      throw FileError(
        path, "is a mount point, which no save can replace; name a directory inside it")
    case .immutable:
      throw FileError(
        path, "cannot be written: it is immutable or append-only (see lsattr); name another one")
    case nil: break
    }
    let target = try Folder(place.name, in: parent)
    try checkRights("the directory above") { () throws(SystemError) in
      try parent.checkWritable()
      try checkMovable(status, from: parent)
    }
    try checkRights("the directory itself") { () throws(SystemError) in try target.checkWritable() }
    let files = Set(names.map(EntryName.init) + [FolderReplacement.list])
    for name in try target.names() { try check(name, in: target, isReplaced: files.contains(name)) }
    _ = try ownFiles(in: target)
  }

  /// Refuses an entry that cannot be moved to another directory, or be replaced by a file.
  private func check(_ name: EntryName, in target: Folder, isReplaced: Bool) throws {
    guard let status = try target.status(of: name) else { return }
    let shown = joined(path, name.text)
    if isReplaced, status.kind == .folder {
      throw FileError(shown, "cannot be written: it is a directory; move it away")
    }
    switch try target.obstacle(to: name) {
    case .mountPoint:
      throw FileError(
        path, "holds the mount point \(name.text), which no save can move; name another directory")
    case .immutable:
      throw FileError(
        path,
        "holds \(name.text), which is immutable or append-only (see lsattr) and which no save can"
          + " move; name another directory")
    case nil: break
    }
    try checkRights(shown) { () throws(SystemError) in
      try checkMovable(status, from: target)
      // To move a directory, one must be allowed to write to it.
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

  /// In a directory such as /tmp, only the owners may move an entry.
  private func checkMovable(_ status: FileStatus, from folder: Folder) throws(SystemError) {
    let above = try folder.file.status
    if above.isSticky, geteuid() != 0,
      ![status.owner.user, above.owner.user].contains(geteuid())
    {
      throw SystemError(code: EPERM)
    }
  }
}
