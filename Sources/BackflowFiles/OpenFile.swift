#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// An open file or directory, closed when the last reference to it is gone.
final class OpenFile: Sendable {
  let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// What `path` names, opened. Never waits for the other end of a pipe unless it `waits`.
  convenience init(
    path: String, _ flags: Int32, waits: Bool = false
  ) throws(SystemError) {
    let all = flags | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK)
    self.init(try system { unsafe open(path, all) })
  }

  /// An entry of an open directory, which is no link.
  convenience init(
    _ name: EntryName, in folder: OpenFile, _ flags: Int32, permissions: mode_t = 0
  ) throws(SystemError) {
    let all = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    self.init(
      try system { unsafe openat(folder.descriptor, name.bytes, all, permissions) })
  }

  var status: FileStatus {
    get throws(SystemError) { try FileStatus(descriptor: descriptor) }
  }

  /// Waits until what was written is on the disk. Not everything that is open can do so.
  func sync() throws(SystemError) {
    do {
      try system { fsync(descriptor) }
    } catch {
      guard error.code == EINVAL || error.code == ENOTSUP else { throw error }
    }
  }

  /// Waits until nobody else has it locked, and locks it until it is closed. Some network file
  /// systems lock no directories; there nothing keeps two writers apart.
  func lock() throws(SystemError) {
    do {
      try system { flock(descriptor, LOCK_EX) }
    } catch {
      guard [EBADF, EINVAL, ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP].contains(error.code) else {
        throw error
      }
    }
  }

  /// Takes over the permissions and the owner of what it replaces, as far as that is allowed.
  func takeOver(_ status: FileStatus) {
    _ = fchown(descriptor, status.owner.user, status.owner.group)
    _ = fchmod(descriptor, status.permissions)
  }
}
