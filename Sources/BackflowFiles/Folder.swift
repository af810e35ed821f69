internal import CFileCalls

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// An open directory. It stays the same one when its path comes to name another.
struct Folder {
  /// With every symbolic link followed.
  let path: String
  let file: OpenFile

  init(_ path: String) throws(SystemError) {
    self.path = path
    file = try OpenFile(path: path, O_RDONLY | O_DIRECTORY)
  }

  /// The directory `name` in `parent`.
  init(_ name: EntryName, in parent: Folder) throws(SystemError) {
    path = parent.path + "/" + name.text
    file = try OpenFile(name, in: parent.file, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  }

  private var descriptor: Int32 { file.descriptor }

  /// Opened and locked. Whoever held the lock before may have replaced it, so it is opened again
  /// until the path names what is locked.
  static func locked(_ path: String) throws(SystemError) -> Folder {
    // No more often than a file system without stable numbers would be believed.
    for _ in 0..<1000 {
      let folder = try Folder(path)
      try folder.file.lock()
      if try FileStatus.at(path)?.identity == folder.file.status.identity { return folder }
    }
    throw SystemError(code: EBUSY)
  }

  /// Of an entry; `nil` if there is none.
  func status(
    of name: EntryName, followsLinks: Bool = false
  ) throws(SystemError) -> FileStatus? {
    try FileStatus.of(name, in: descriptor, followsLinks: followsLinks)
  }

  /// The names of the entries.
  func names() throws(SystemError) -> [EntryName] {
    // Another descriptor, because closing the listing closes its own.
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
      let bytes = unsafe withUnsafeBytes(of: entry.pointee.d_name) { name in
        unsafe Array(name.prefix { $0 != 0 })
      }
      if bytes != [46], bytes != [46, 46] {
        names.append(EntryName(bytes: bytes.map { CChar(bitPattern: $0) } + [0]))
      }
    }
    if errno != 0 { throw SystemError(code: errno) }
    return names
  }

  /// A new, empty file.
  func makeFile(_ name: EntryName) throws(SystemError) -> OpenFile {
    try OpenFile(
      name, in: file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o666)
  }

  /// A new, empty directory with these permissions, less those that the process withholds.
  func makeFolder(_ name: EntryName, permissions: mode_t) throws(SystemError) -> Folder {
    try system { unsafe mkdirat(descriptor, name.bytes, permissions) }
    return try Folder(name, in: self)
  }

  func removeFile(_ name: EntryName) throws(SystemError) {
    try system { unsafe unlinkat(descriptor, name.bytes, 0) }
  }

  /// Removes a directory that is empty, and no other.
  func removeFolder(_ name: EntryName) throws(SystemError) {
    try system { unsafe unlinkat(descriptor, name.bytes, AT_REMOVEDIR) }
  }

  /// Gives an entry another name, here or in `other`; what has that name is replaced.
  func rename(
    _ name: EntryName, to newName: EntryName, in other: Folder
  ) throws(SystemError) {
    try system { unsafe renameat(descriptor, name.bytes, other.descriptor, newName.bytes) }
  }

  /// Gives an entry that is no directory a second name, in `other`.
  func link(_ name: EntryName, into other: Folder) throws(SystemError) {
    try system { unsafe linkat(descriptor, name.bytes, other.descriptor, name.bytes, 0) }
  }

  /// Makes a symbolic link.
  func makeLink(_ name: EntryName, to target: String) throws(SystemError) {
    try system { unsafe symlinkat(target, descriptor, name.bytes) }
  }

  /// Where a symbolic link leads; `nil` if it is none.
  func target(ofLink name: EntryName) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlinkat(descriptor, name.bytes, &bytes, bytes.count)
    return count > 0 ? EntryName(bytes: bytes.prefix(count) + [0]).text : nil
  }

  /// Exchanges an entry for one of `folder` in one step. `false` where there is no such step.
  func exchange(
    _ name: EntryName, with other: EntryName, in folder: Folder
  ) throws(SystemError) -> Bool {
    let code = unsafe backflow_exchange(
      descriptor, name.bytes, folder.descriptor, other.bytes)
    if code != 0, code != ENOTSUP { throw SystemError(code: code) }
    return code == 0
  }

  /// Whether another file system begins here.
  var isMountPoint: Bool { backflow_is_mount_point(descriptor) != 0 }

  /// Whether `name` is a file that a `FolderReplacement` wrote under this name.
  func isMarked(_ name: EntryName) -> Bool {
    guard let file = try? OpenFile(name, in: file, O_RDONLY | O_NOFOLLOW) else { return false }
    return unsafe backflow_has_mark(file.descriptor, name.bytes) != 0
  }
}

extension OpenFile {
  /// Records that a `FolderReplacement` wrote the file. Some file systems keep no such record.
  func setMark(_ name: EntryName) { _ = unsafe backflow_set_mark(descriptor, name.bytes) }
}
