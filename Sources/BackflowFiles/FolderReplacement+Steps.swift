#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

extension FolderReplacement {
  /// Writes the new directory and puts it in its place.
  func run(
    _ names: [String], _ body: (_ index: Int, FileWriter) throws(FileError) -> Void
  ) throws {
    let old = try target()
    let folder = try parent.makeFolder(new, permissions: old == nil ? 0o777 : 0o700)
    var kept: [EntryName: FileStatus.Identity] = [:]
    do {
      try folder.makeFile(FolderReplacement.unfinished).sync()
      for (index, name) in names.enumerated() {
        try writeFile(name, in: folder) { writer throws(FileError) in try body(index, writer) }
      }
      if let old {
        // In this order, as whoever saves to a directory inside it locks first what is above.
        try old.file.lock()
        try folder.file.lock()
        kept = try keep(Set(names.map(EntryName.init)), of: old, in: folder)
        folder.file.takeOver(try old.file.status)
      }
      try folder.file.sync()
      try putInPlace(over: old)
    } catch {
      try? discard(folder)
      throw error
    }
    try tidied("was saved, but what it replaced is still beside it") {
      try parent.file.sync()
      try folder.removeFile(FolderReplacement.unfinished)
      guard let old else { return }
      let name = try parent.status(of: new) == nil ? former : new
      try settle(old, named: name, in: folder, kept: kept)
      try folder.file.sync()
    }
  }

  /// Does what is not the save itself.
  private func tidied(_ problem: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as SystemError {
      throw FileError(path, "\(problem) (\(new.text)): \(error.sentence)")
    }
  }

  private func writeFile(
    _ text: String, in folder: Folder, _ body: (FileWriter) throws(FileError) -> Void
  ) throws(FileError) {
    let (name, path) = (EntryName(text), joined(path, text))
    do {
      let file = try folder.makeFile(name)
      file.setMark(name)
      try body(FileWriter(path: path, file: file))
      try file.sync()
    } catch let error as SystemError {
      throw FileError(path, "cannot be written: \(error.sentence)")
    } catch {
      throw error as? FileError ?? FileError(path, "cannot be written: \(error)")
    }
  }

  /// Gives everything in `old` that the new files do not replace a second name in `folder`, and
  /// returns what has one.
  private func keep(
    _ names: Set<EntryName>, of old: Folder, in folder: Folder
  ) throws -> [EntryName: FileStatus.Identity] {
    var kept: [EntryName: FileStatus.Identity] = [:]
    for name in try old.names() where name != FolderReplacement.unfinished {
      guard let status = try old.status(of: name) else { continue }
      if names.contains(name) {
        guard status.kind != .folder else {
          throw FileError(
            joined(path, name.text), "cannot be written: it is a directory; move it away")
        }
        continue
      }
      if status.kind == .file, old.isMarked(name) { continue }
      if status.kind != .folder, (try? old.link(name, into: folder)) != nil {
        kept[name] = status.identity
      } else {
        // A directory has one name only, and some file systems give files no second one either. Such
        // an entry is moved after the exchange, and a symbolic link leads to it until then.
        try? folder.makeLink(name, to: bridge(name, in: exchanges ? new : former))
      }
    }
    return kept
  }

  /// Where a link in the directory leads to an entry of the old one, which has the name `oldName`.
  private func bridge(_ name: EntryName, in oldName: EntryName) -> String {
    "../" + oldName.text + "/" + name.text
  }

  private func putInPlace(over old: Folder?) throws(SystemError) {
    guard old != nil else { return try parent.rename(new, to: place.name, in: parent) }
    if exchanges, try parent.exchange(new, with: place.name, in: parent) { return }
    try parent.rename(place.name, to: former, in: parent)
    do {
      try parent.rename(new, to: place.name, in: parent)
    } catch {
      try? parent.rename(former, to: place.name, in: parent)
      throw error
    }
  }

  // MARK: - After a save, this one or one that was killed

  /// Puts in order what a save to this place has left that was killed.
  func recover() throws {
    try tidied("cannot be written: what an earlier save left beside it is in the way") {
      for name in [new, former] {
        guard let left = try parent.status(of: name) else { continue }
        // In a directory that everyone may write to, somebody else could have put it there.
        let owner = try parent.status(of: place.name)?.owner.user ?? geteuid()
        guard left.kind == .folder, [geteuid(), owner].contains(left.owner.user) else {
          throw SystemError(code: EPERM)
        }
      }
      try restore()
    }
  }

  private func restore() throws {
    if try target() == nil, try parent.status(of: former) != nil {
      try parent.rename(former, to: place.name, in: parent)
    }
    if try parent.status(of: new) != nil {
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
    guard let target = try target() else { return }
    if try parent.status(of: former) != nil {
      try settle(Folder(former, in: parent), named: former, in: target)
    }
    if try target.status(of: FolderReplacement.unfinished) != nil {
      try target.removeFile(FolderReplacement.unfinished)
    }
  }

  /// Removes a directory that was not finished. It holds files that a save wrote, and second names.
  private func discard(_ folder: Folder) throws(SystemError) {
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
  private func settle(
    _ old: Folder, named oldName: EntryName, in folder: Folder,
    kept: [EntryName: FileStatus.Identity] = [:]
  ) throws {
    for name in try old.names() {
      guard let status = try old.status(of: name) else { continue }
      let present = try folder.status(of: name)
      let isReplaced = kept[name].map { $0 != status.identity } ?? (present == nil)
      if present?.kind == .link, let link = folder.target(ofLink: name),
        [new, former].contains(where: { link == bridge(name, in: $0) })
      {
        if try !old.exchange(name, with: name, in: folder) {
          try folder.removeFile(name)
          try old.rename(name, to: name, in: folder)
        } else {
          try old.removeFile(name)
        }
      } else if status.kind == .folder, present != nil {
        throw FileError(
          path,
          "was saved, but \(oldName.text) beside it holds a directory \(name.text) as well; move one"
            + " of the two away")
      } else if isReplaced, !isOwn(name, in: old) {
        try old.rename(name, to: name, in: folder)
      } else {
        try old.removeFile(name)
      }
    }
    try parent.removeFolder(oldName)
  }

  /// Whether a save has made the entry.
  private func isOwn(_ name: EntryName, in folder: Folder) -> Bool {
    name == FolderReplacement.unfinished || folder.isMarked(name)
  }
}
