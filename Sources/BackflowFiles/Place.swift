#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// The location of a path after its symbolic links are followed: a name in a directory.
struct Place {
  /// The directory, as an absolute path without symbolic links.
  let parent: SystemPath
  let name: EntryName

  /// Resolves a path.
  ///
  /// - Throws: `SystemError`, for example if the parent directory does not exist.
  init(_ path: SystemPath) throws(SystemError) {
    let (parent, name) = try path.followed().split
    guard let above = try parent.real() else { throw SystemError(code: ENOENT) }
    // The root directory has no name.
    if name.isEmpty { throw SystemError(code: EBUSY) }
    (self.parent, self.name) = (above, EntryName(bytes: name))
  }

  /// Returns a name for temporary files in the same directory, which is the same for each save to
  /// this place.
  func sibling(_ suffix: String) -> EntryName {
    let bytes = name.bytes
    // A name of up to 255 bytes may be too long with a suffix.
    let short = bytes.count <= 200 ? bytes : Array(String(hash(bytes), radix: 16).utf8)
    return EntryName(bytes: Array(".".utf8) + short + Array((".backflow-" + suffix).utf8))
  }
}

/// Returns the FNV-1a hash, which is the same in every process.
private func hash(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

// MARK: - Directories

/// Creates the directory at `path` and its missing parents. Returns the created directories, the
/// outermost first.
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
    // Another process created it first, and may have removed it again.
    let status = error.code == EEXIST ? try FileStatus.at(path) : nil
    if status?.kind == .folder { return above }
    removeFolders(above)
    throw error.code == EEXIST && status == nil ? SystemError(code: ENOENT) : error
  }
  return above + [path]
}

/// Removes the empty ones of these directories, from the last to the first.
func removeFolders(_ paths: [SystemPath]) {
  for path in paths.reversed() { _ = unsafe rmdir(path.terminated) }
}

/// Synchronizes the names of new directories to disk.
func syncNames(of paths: [SystemPath]) throws(SystemError) {
  for path in paths { try Folder(path.split.parent).file.sync() }
}
