#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

// The cleanup after a save, whether it was completed or killed.
extension FolderReplacement {
  /// Recovers from a killed save to the same path.
  func recover() throws {
    for name in [new, former] {
      guard let left = try parent.status(of: name) else { continue }
      // In a directory that everyone may write to, another user could have created it.
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
      "cannot be written: the remains of an earlier save cannot be removed (\(name.text))", body)
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
      // The exchanged directory has been removed since, and this is the only one left.
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

  /// Removes an unfinished directory, which contains files of the save and hard links.
  func discard(_ folder: Folder) throws(SystemError) {
    guard try parent.status(of: new)?.identity == folder.file.status.identity else { return }
    // The marker is removed last: while it exists, the other entries may be removed.
    for name in try folder.names() where name != FolderReplacement.unfinished {
      try folder.removeFile(name)
    }
    if try folder.status(of: FolderReplacement.unfinished) != nil {
      try folder.removeFile(FolderReplacement.unfinished)
    }
    try parent.removeFolder(new)
  }

  /// Moves entries that `folder` does not have from the replaced directory `old` to it, and removes
  /// `old`. An entry in `kept` that is a different file now has been changed since, and is moved
  /// too.
  ///
  /// Files of a save are removed, unless `folder` is not a save: then another program created it,
  /// and `old` has the only copy of the model.
  func settle(
    _ old: Folder, named oldName: EntryName, in folder: Folder,
    kept: [EntryName: FileStatus.Identity] = [:]
  ) throws {
    let isSave = try [FolderReplacement.list, FolderReplacement.unfinished].contains {
      try folder.status(of: $0) != nil
    }
    let own = isSave ? try ownFiles(in: old) : []
    let list = FolderReplacement.list
    // The list is removed last: while it exists, it determines which of the other entries may be
    // removed.
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
            + " next to it also contains a \(status.kind == .folder ? "directory" : "file") \(name.text);"
            + " move one of the two elsewhere")
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

  /// Replaces the link to an entry by the entry.
  private func moveBack(
    _ name: EntryName, _ kind: FileStatus.Kind, from old: Folder, to folder: Folder
  ) throws(SystemError) {
    if kind != .folder {
      try old.rename(name, to: name, in: folder)
    } else if try old.exchange(name, with: name, in: folder) {
      try old.removeFile(name)
    } else {
      // A directory cannot replace a link.
      try folder.removeFile(name)
      try old.rename(name, to: name, in: folder)
    }
  }
}
