#if canImport(Darwin)
  internal import Darwin
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
    path: SystemPath, _ flags: Int32, waits: Bool = false
  ) throws(SystemError) {
    let all = flags | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK)
    self.init(try system { unsafe open(path.terminated, all) })
  }

  /// An entry of an open directory. A symbolic link is followed without `O_NOFOLLOW`.
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
  ///
  /// - Parameter goesOn: Asked again and again while another has it locked; `false` ends the wait.
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

  /// Takes over the permissions and the owner of what it replaces, as far as that is allowed.
  func takeOver(_ status: FileStatus) {
    status.handOver(
      changeOwner: { fchown(descriptor, $0, $1) },
      changePermissions: { fchmod(descriptor, $0) })
  }
}
