#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// An open file or directory, closed when its last reference is released.
final class OpenFile: Sendable {
  let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Opens the file at `path`. Does not wait for the other end of a pipe unless `waits` is true.
  convenience init(
    path: SystemPath, _ flags: Int32, waits: Bool = false
  ) throws(SystemError) {
    let all = flags | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK)
    self.init(try system { unsafe open(path.terminated, all) })
  }

  /// Opens an entry of an open directory. Symbolic links are followed, except with `O_NOFOLLOW`.
  convenience init(
    _ name: EntryName, in folder: OpenFile, _ flags: Int32, permissions: mode_t = 0
  ) throws(SystemError) {
    let all = flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    self.init(
      try system { unsafe openat(folder.descriptor, name.terminated, all, permissions) })
  }

  var status: FileStatus {
    get throws(SystemError) { try FileStatus(descriptor: descriptor) }
  }

  /// Waits until written data are on disk, if the kind of file supports it.
  func sync() throws(SystemError) {
    do {
      try system { fsync(descriptor) }
    } catch {
      guard error.code == EINVAL || error.code == ENOTSUP else { throw error }
    }
  }

  /// Locks the file until it is closed, after waiting for other locks to be released. Some network
  /// file systems cannot lock directories; two writers are not kept apart there.
  ///
  /// - Parameter goesOn: A closure that is called repeatedly while another process holds the lock;
  ///   `false` ends the wait.
  func lock(_ goesOn: (() -> Bool)?) throws(SystemError) {
    let flags = goesOn == nil ? LOCK_EX : LOCK_EX | LOCK_NB
    while true {
      do {
        try system { flock(descriptor, flags) }
        return
      } catch {
        if [EBADF, EINVAL, ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP].contains(error.code) { return }
        guard error.code == EWOULDBLOCK, let goesOn else { throw error }
        guard goesOn() else { throw SystemError(code: ECANCELED) }
        _ = poll(nil, 0, 20)
      }
    }
  }

  /// Sets the permissions and, where allowed, the owner to those of a replaced file.
  func takeOver(_ status: FileStatus) {
    status.handOver(
      changeOwner: { fchown(descriptor, $0, $1) },
      changePermissions: { fchmod(descriptor, $0) })
  }
}
