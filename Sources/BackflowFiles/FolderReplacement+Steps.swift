#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension FolderReplacement {
  /// A replaced directory.
  struct Replaced {
    let folder: Folder
    /// The entries with a hard link in the replacement.
    let kept: [EntryName: FileStatus.Identity]
  }

  /// Writes the new directory and puts it in place.
  mutating func run(
    _ names: [String], _ body: (_ index: Int, FileWriter) throws(FileError) -> Void
  ) throws {
    let before = try target()?.file.status
    let folder = try parent.makeFolder(new, permissions: before == nil ? 0o777 : 0o700)
    let old: Replaced?
    do {
      try folder.makeFile(FolderReplacement.unfinished).sync()
      for (index, name) in names.enumerated() {
        try writeFile(name, in: folder) { writer throws(FileError) in try body(index, writer) }
      }
      let entries = names.map(EntryName.init)
      try writeFile(FolderReplacement.list.text, in: folder) { writer throws(FileError) in
        try writer.write(FolderReplacement.list(of: entries))
      }
      exchanges = try exchanges && canExchange(in: folder)
      old = try putInPlace(folder, Set(entries + [FolderReplacement.list]), before: before)
    } catch {
      try? discard(folder)
      throw error
    }
    let oldName = exchanges ? new : former
    let left =
      old == nil ? "" : ", but the replaced directory is still next to it (\(oldName.text))"
    try tidied("was saved" + left) {
      try parent.file.sync()
      try folder.removeFile(FolderReplacement.unfinished)
      if let old { try settle(old.folder, named: oldName, in: folder, kept: old.kept) }
      try folder.file.sync()
    }
  }

  /// Runs the steps after the save and describes their errors.
  func tidied(_ problem: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as SystemError {
      throw FileError(path, "\(problem): \(error.sentence)")
    }
  }

  private func writeFile(
    _ text: String, in folder: Folder, _ body: (FileWriter) throws(FileError) -> Void
  ) throws(FileError) {
    let path = joined(path, text)
    do {
      let file = try folder.makeFile(EntryName(text))
      try body(FileWriter(path: path, file: file))
      try file.sync()
    } catch let error as SystemError {
      throw FileError(path, "cannot be written: \(error.sentence)")
    } catch {
      throw error as? FileError ?? FileError(path, "cannot be written: \(error)")
    }
  }

  /// Tests whether the system supports exchanges, with two empty files, and removes one of them.
  private func canExchange(in folder: Folder) throws(SystemError) -> Bool {
    let probe = EntryName(".backflow-probe")
    _ = try folder.makeFile(probe)
    let exchanged = try folder.exchange(probe, with: FolderReplacement.unfinished, in: folder)
    try folder.removeFile(probe)
    return exchanged
  }

  /// Puts `folder` in place of the current directory, which may differ from the one at the
  /// beginning or not exist. Returns the replaced directory.
  private func putInPlace(
    _ folder: Folder, _ names: Set<EntryName>, before: FileStatus?
  ) throws -> Replaced? {
    // The limit is more than other programs would plausibly rename directories.
    for _ in 0..<100 {
      guard try parent.status(of: new)?.identity == folder.file.status.identity else {
        throw SystemError(code: ENOENT)
      }
      var old: Replaced?
      if let target = try target() {
        try check(names.map(\.text))
        // In this order, since a save to a directory inside it also locks the parent first.
        try target.file.lock(goesOn)
        try folder.file.lock(goesOn)
        old = Replaced(folder: target, kept: try keep(names, of: target, in: folder))
        folder.file.takeOver(try target.file.status)
      } else if let before {
        folder.file.takeOver(before)
      }
      try folder.file.sync()
      if try takePlace(of: old?.folder) { return old }
      // Start again with the current directory.
      for name in try folder.names()
      where !names.contains(name) && name != FolderReplacement.unfinished {
        try folder.removeFile(name)
      }
    }
    throw SystemError(code: EBUSY)
  }

  /// Adds a hard link in `folder` to each entry of `old` that the new files do not replace, and
  /// returns these entries. A new file has the permissions of the file that it replaces.
  private func keep(
    _ names: Set<EntryName>, of old: Folder, in folder: Folder
  ) throws -> [EntryName: FileStatus.Identity] {
    let own = try ownFiles(in: old)
    var kept: [EntryName: FileStatus.Identity] = [:]
    for name in try old.names() where name != FolderReplacement.unfinished {
      guard let status = try old.status(of: name) else { continue }
      if names.contains(name) {
        if status.kind == .file { folder.takeOver(status, for: name) }
        continue
      }
      if status.kind == .file, own.contains(name) { continue }
      if status.kind != .folder, (try? old.link(name, into: folder)) != nil {
        kept[name] = status.identity
      } else {
        // Directories, and all files on some file systems, cannot have hard links. Such an entry is
        // moved after the exchange; until then a symbolic link leads to it.
        try folder.makeLink(name, to: bridge(name, in: exchanges ? new : former))
      }
    }
    return kept
  }

  /// Returns the target of the symbolic link to an entry of the old directory, which will be
  /// renamed to `oldName`.
  func bridge(_ name: EntryName, in oldName: EntryName) -> EntryName {
    let slash = UInt8(ascii: "/")
    return EntryName(bytes: Array("../".utf8) + oldName.bytes + [slash] + name.bytes)
  }

  /// Renames the new directory into place. Returns `false`, without changes, if `old` is no longer
  /// the directory in that place.
  private func takePlace(of old: Folder?) throws(SystemError) -> Bool {
    do throws(SystemError) {
      guard let old else {
        try parent.rename(new, to: place.name, in: parent)
        return true
      }
      let oldName = exchanges ? new : former
      if exchanges {
        guard try parent.exchange(new, with: place.name, in: parent) else {
          throw SystemError(code: ENOTSUP)
        }
      } else {
        try parent.rename(place.name, to: former, in: parent)
      }
      let isOld = try parent.status(of: oldName)?.identity == old.file.status.identity
      if exchanges {
        if !isOld { _ = try parent.exchange(new, with: place.name, in: parent) }
        return isOld
      }
      do throws(SystemError) {
        if isOld { try parent.rename(new, to: place.name, in: parent) }
      } catch {
        try? parent.rename(former, to: place.name, in: parent)
        throw error
      }
      if !isOld { try parent.rename(former, to: place.name, in: parent) }
      return isOld
    } catch {
      guard [ENOENT, EEXIST, ENOTEMPTY].contains(error.code) else { throw error }
      return false
    }
  }
}
