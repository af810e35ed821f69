internal import CFileCalls

#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// An open directory. The object refers to the same directory even if the path later refers to
/// another one.
struct Folder {
  let file: OpenFile

  init(_ path: SystemPath) throws(SystemError) {
    file = try OpenFile(path: path, O_RDONLY | O_DIRECTORY)
  }

  /// Opens the directory `name` in `parent`.
  init(_ name: EntryName, in parent: Folder) throws(SystemError) {
    file = try OpenFile(name, in: parent.file, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  }

  private var descriptor: Int32 { file.descriptor }

  /// Opens and locks the directory at a path. The previous holder of the lock may have replaced the
  /// directory, so it is opened again until the path refers to the locked directory.
  static func locked(
    _ path: SystemPath, _ goesOn: (() -> Bool)?
  ) throws(SystemError) -> Folder {
    // The limit applies to file systems without stable inode numbers.
    for _ in 0..<1000 {
      let folder = try Folder(path)
      try folder.file.lock(goesOn)
      if try FileStatus.at(path)?.identity == folder.file.status.identity { return folder }
    }
    throw SystemError(code: EBUSY)
  }

  /// Returns the status of an entry, or `nil` if it does not exist.
  func status(
    of name: EntryName, followsLinks: Bool = false
  ) throws(SystemError) -> FileStatus? {
    try FileStatus.of(name, in: descriptor, followsLinks: followsLinks)
  }

  /// Returns the names of the entries.
  func names() throws(SystemError) -> [EntryName] {
    // A separate descriptor, because closing the listing closes its descriptor.
    let listed = try system { unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard let listing = unsafe fdopendir(listed) else {
      let code = errno
      close(listed)
      throw SystemError(code: code)
    }
    defer { unsafe closedir(listing) }
    var names: [EntryName] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(listing) else { break }
      let name = unsafe bytesOfText(backflow_entry_name(entry))
      if name != [46], name != [46, 46] { names.append(EntryName(bytes: name)) }
    }
    if errno != 0 { throw SystemError(code: errno) }
    return names
  }

  /// Creates an empty file.
  func makeFile(_ name: EntryName) throws(SystemError) -> OpenFile {
    try OpenFile(
      name, in: file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o666)
  }

  /// Creates an empty directory with the given permissions, limited by the umask.
  func makeFolder(_ name: EntryName, permissions: mode_t) throws(SystemError) -> Folder {
    try system { unsafe mkdirat(descriptor, name.terminated, permissions) }
    return try Folder(name, in: self)
  }

  func removeFile(_ name: EntryName) throws(SystemError) {
    try system { unsafe unlinkat(descriptor, name.terminated, 0) }
  }

  /// Removes an empty directory.
  func removeFolder(_ name: EntryName) throws(SystemError) {
    try system { unsafe unlinkat(descriptor, name.terminated, AT_REMOVEDIR) }
  }

  /// Renames an entry, within this directory or to `other`, replacing any entry with the new name.
  func rename(
    _ name: EntryName, to newName: EntryName, in other: Folder
  ) throws(SystemError) {
    try system {
      unsafe renameat(descriptor, name.terminated, other.descriptor, newName.terminated)
    }
  }

  /// Adds a hard link, in `other`, to an entry that is not a directory.
  func link(_ name: EntryName, into other: Folder) throws(SystemError) {
    try system { unsafe linkat(descriptor, name.terminated, other.descriptor, name.terminated, 0) }
  }

  /// Creates a symbolic link.
  func makeLink(_ name: EntryName, to target: EntryName) throws(SystemError) {
    try system { unsafe symlinkat(target.terminated, descriptor, name.terminated) }
  }

  /// Returns the target of a symbolic link, or `nil` if the entry is not a link.
  func target(ofLink name: EntryName) -> EntryName? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlinkat(descriptor, name.terminated, &target, target.count)
    guard count > 0 else { return nil }
    return EntryName(bytes: target.prefix(count).map { UInt8(bitPattern: $0) })
  }

  /// Exchanges an entry with one of `folder` atomically. Returns `false` if the system does not
  /// support it.
  func exchange(
    _ name: EntryName, with other: EntryName, in folder: Folder
  ) throws(SystemError) -> Bool {
    let code = unsafe backflow_exchange(
      descriptor, name.terminated, folder.descriptor, other.terminated)
    if code != 0, code != ENOTSUP { throw SystemError(code: code) }
    return code == 0
  }

  enum Obstacle { case mountPoint, immutable }

  /// Returns the reason why an entry can be neither moved nor removed, regardless of permissions.
  func obstacle(to name: EntryName) throws(SystemError) -> Obstacle? {
    let obstacle = unsafe backflow_obstacle(descriptor, name.terminated)
    if obstacle == Int32(backflow_obstacle_immutable) { return .immutable }
    if obstacle == Int32(backflow_obstacle_mount_point) { return .mountPoint }
    guard let entry = try status(of: name), entry.kind == .folder else { return nil }
    return entry.identity.device == (try file.status).identity.device ? nil : .mountPoint
  }

  /// Checks for write permission on the entry `name`, or on the directory itself.
  ///
  /// - Throws: `SystemError` without that permission.
  func checkWritable(_ name: EntryName = EntryName(".")) throws(SystemError) {
    try system { unsafe faccessat(descriptor, name.terminated, W_OK, AT_EACCESS) }
  }

  /// Copies the permissions and, where allowed, the owner of a replaced file to an entry.
  func takeOver(_ status: FileStatus, for name: EntryName) {
    status.handOver(
      changeOwner: { user, group in
        unsafe fchownat(descriptor, name.terminated, user, group, AT_SYMLINK_NOFOLLOW)
      },
      changePermissions: { unsafe fchmodat(descriptor, name.terminated, $0, 0) })
  }
}
