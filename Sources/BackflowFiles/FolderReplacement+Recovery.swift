#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

// After a save, this one or one that was killed.
extension FolderReplacement {
  /// Puts in order what a save to this place has left that was killed.
  func recover() throws {
    for name in [new, former] {
      guard let left = try parent.status(of: name) else { continue }
      // In a directory that everyone may write to, somebody else could have put it there.
      try restoring(name) {
        let owner = try parent.status(of: place.name)?.owner.user ?? geteuid()
        guard left.kind == .folder, [geteuid(), owner].contains(left.owner.user) else {
          throw SystemError(code: EPERM)
        }
      }
    }
    if try target() == nil { try restoring(former, restoreFormer) }
    try restoring(new, restoreNew)
    try restoring(former, restoreFormer)
    if let target = try target(), try target.status(of: FolderReplacement.unfinished) != nil {
      try target.removeFile(FolderReplacement.unfinished)
    }
  }

  private func restoring(_ name: EntryName, _ body: () throws -> Void) throws {
    guard try parent.status(of: name) != nil else { return }
    try tidied(
      "cannot be written: what an earlier save left beside it is in the way (\(name.text))", body)
  }

  private func restoreNew() throws {
    let left = try Folder(new, in: parent)
    if try left.status(of: FolderReplacement.unfinished) != nil {
      try discard(left)
    } else if let target = try target() {
      try settle(left, named: new, in: target)
    } else if try left.names().isEmpty {
      try parent.removeFolder(new)
    } else {
      // The exchanged directory was removed since; this is all there is.
      try parent.rename(new, to: place.name, in: parent)
    }
  }

  private func restoreFormer() throws {
    if let target = try target() {
      try settle(Folder(former, in: parent), named: former, in: target)
    } else {
      try parent.rename(former, to: place.name, in: parent)
    }
  }

  /// Removes a directory that was not finished. It holds files that a save wrote, and second names.
  func discard(_ folder: Folder) throws(SystemError) {
    guard try parent.status(of: new)?.identity == folder.file.status.identity else { return }
    // The mark goes last: as long as it is there, the rest may be removed.
    for name in try folder.names() where name != FolderReplacement.unfinished {
      try folder.removeFile(name)
    }
    if try folder.status(of: FolderReplacement.unfinished) != nil {
      try folder.removeFile(FolderReplacement.unfinished)
    }
    try parent.removeFolder(new)
  }

  /// Moves to `folder`, which has taken the place of `old`, what it does not have yet, and removes
  /// `old`. What was `kept` and is another file by now has been changed in between and moves, too.
  ///
  /// The files that a save wrote are removed, unless `folder` is no save: somebody has made it since,
  /// and the network in `old` is the only one.
  func settle(
    _ old: Folder, named oldName: EntryName, in folder: Folder,
    kept: [EntryName: FileStatus.Identity] = [:]
  ) throws {
    let isSave = try [FolderReplacement.list, FolderReplacement.unfinished].contains {
      try folder.status(of: $0) != nil
    }
    let own = isSave ? try ownFiles(in: old) : []
    let list = FolderReplacement.list
    // The list goes last: as long as it is there, it tells which of the rest may be removed.
    let names = try old.names().filter { $0 != list }
    for name in names + (try old.status(of: list) == nil ? [] : [list]) {
      guard let status = try old.status(of: name) else { continue }
      let present = try folder.status(of: name)
      if present?.kind == .link, isBridge(name, in: folder) {
        try moveBack(name, status.kind, from: old, to: folder)
        continue
      }
      if let present, present.identity != status.identity, status.kind == .folder || !isSave {
        throw FileError(
          path,
          (isSave ? "was saved, but \(oldName.text)" : "cannot be written: \(oldName.text)")
            + " beside it holds a \(status.kind == .folder ? "directory" : "file") \(name.text) as"
            + " well; move one of the two away")
      }
      let isReplaced = kept[name].map { $0 == status.identity } ?? (present != nil)
      let isOwn =
        name == FolderReplacement.unfinished || name == list && isSave
        || own.contains(name) && status.kind == .file
      if isReplaced || isOwn {
        try old.removeFile(name)
      } else {
        try old.rename(name, to: name, in: folder)
      }
    }
    try parent.removeFolder(oldName)
  }

  private func isBridge(_ name: EntryName, in folder: Folder) -> Bool {
    let link = folder.target(ofLink: name)
    return [new, former].contains { link == bridge(name, in: $0) }
  }

  /// Puts an entry in the place of the link that leads to it.
  private func moveBack(
    _ name: EntryName, _ kind: FileStatus.Kind, from old: Folder, to folder: Folder
  ) throws(SystemError) {
    if kind != .folder {
      try old.rename(name, to: name, in: folder)
    } else if try old.exchange(name, with: name, in: folder) {
      try old.removeFile(name)
    } else {
      // No directory replaces a link.
      try folder.removeFile(name)
      try old.rename(name, to: name, in: folder)
    }
  }
}
