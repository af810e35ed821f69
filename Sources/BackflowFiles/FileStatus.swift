#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// The status of a file or directory.
struct FileStatus {
  enum Kind {
    case file, folder, link, pipe, device, other

    /// The name of the kind for messages.
    var name: String {
      switch self {
      case .file: "a file"
      case .folder: "a directory"
      case .link: "a symbolic link"
      case .pipe: "a pipe"
      case .device: "a device"
      case .other: "a socket"
      }
    }
  }

  /// The identity of a file or directory, independent of its names.
  struct Identity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  let kind: Kind
  let identity: Identity
  let size: Int
  let permissions: mode_t
  /// Whether only owners may move the entries of the directory (the sticky bit).
  let isSticky: Bool
  let owner: (user: uid_t, group: gid_t)

  private init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    case S_IFLNK: kind = .link
    case S_IFIFO: kind = .pipe
    case S_IFCHR, S_IFBLK: kind = .device
    default: kind = .other
    }
    identity = Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      number: UInt64(truncatingIfNeeded: status.st_ino))
    size = Int(status.st_size)
    // Includes the bits for the inheritance of the group and for the protection of entries.
    permissions = status.st_mode & (kind == .folder ? 0o7777 : 0o777)
    isSticky = kind == .folder && status.st_mode & S_ISVTX != 0
    owner = (status.st_uid, status.st_gid)
  }

  /// Reads the status of an open file.
  init(descriptor: Int32) throws(SystemError) {
    var status = stat()
    try system { unsafe fstat(descriptor, &status) }
    self.init(status)
  }

  /// Returns the status of the file at `path`, after symbolic links are followed, or `nil` if it
  /// does not exist.
  static func at(_ path: SystemPath) throws(SystemError) -> FileStatus? {
    try whereThereIs { status in unsafe stat(path.terminated, &status) }
  }

  /// Returns the status of the entry `name` of an open directory, or `nil` if it does not exist.
  static func of(
    _ name: EntryName, in folder: Int32, followsLinks: Bool
  ) throws(SystemError) -> FileStatus? {
    try whereThereIs { status in
      unsafe fstatat(folder, name.terminated, &status, followsLinks ? 0 : AT_SYMLINK_NOFOLLOW)
    }
  }

  /// Copies the permissions and, where allowed, the owner to a replacement of this file.
  func handOver(
    changeOwner: (uid_t, gid_t) -> Int32, changePermissions: (mode_t) -> Int32
  ) {
    var permissions = permissions
    if changeOwner(owner.user, owner.group) != 0, changeOwner(uid_t.max, owner.group) != 0 {
      // Permissions for the group must not apply to a different group.
      permissions &= ~0o2070
    }
    _ = changePermissions(permissions)
  }

  private static func whereThereIs(
    _ call: (inout stat) -> Int32
  ) throws(SystemError) -> FileStatus? {
    var status = stat()
    do {
      try system { call(&status) }
    } catch {
      guard error.code == ENOENT else { throw error }
      return nil
    }
    return FileStatus(status)
  }
}
