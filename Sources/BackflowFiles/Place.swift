#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// Where a path leads after its symbolic links are followed: a name in a directory.
struct Place {
  /// The directory, as an absolute path without links.
  let parent: SystemPath
  let name: EntryName

  /// - Throws: `SystemError`, also if the directory above is not there.
  init(_ path: SystemPath) throws(SystemError) {
    let (parent, name) = try path.followed().split
    guard let above = try parent.real() else { throw SystemError(code: ENOENT) }
    // The root has no name.
    if name.isEmpty { throw SystemError(code: EBUSY) }
    (self.parent, self.name) = (above, EntryName(bytes: name))
  }

  /// A name beside this one for what is not finished. A save of the same place finds it again.
  func sibling(_ suffix: String) -> EntryName {
    let bytes = name.bytes
    // A name of up to 255 bytes may be too long with a suffix.
    let short = bytes.count <= 200 ? bytes : Array(String(hash(bytes), radix: 16).utf8)
    return EntryName(bytes: Array(".".utf8) + short + Array((".backflow-" + suffix).utf8))
  }
}

/// FNV-1a, so that the same bytes have the same number in every process.
private func hash(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

// MARK: - Directories

/// Makes the directory at `path` and those above it that are missing. Returns those it made, the
/// uppermost first.
@discardableResult
func makeFolders(_ path: SystemPath) throws(SystemError) -> [SystemPath] {
  if let status = try FileStatus.at(path) {
    guard status.kind == .folder else { throw SystemError(code: ENOTDIR) }
    return []
  }
  let parent = path.split.parent
  let above = parent == path ? [] : try makeFolders(parent)
  do {
    try system { unsafe mkdir(path.terminated, 0o777) }
  } catch {
    // Somebody else was faster, and may have removed it again.
    let status = error.code == EEXIST ? try FileStatus.at(path) : nil
    if status?.kind == .folder { return above }
    removeFolders(above)
    throw error.code == EEXIST && status == nil ? SystemError(code: ENOENT) : error
  }
  return above + [path]
}

/// Removes those of the directories that are empty, the lowest of which is the last.
func removeFolders(_ paths: [SystemPath]) {
  for path in paths.reversed() { _ = unsafe rmdir(path.terminated) }
}

/// Takes the names of new directories to the disk.
func syncNames(of paths: [SystemPath]) throws(SystemError) {
  for path in paths { try Folder(path.split.parent).file.sync() }
}
