#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A sequential writer of a file.
package struct FileWriter {
  /// The path for messages.
  let path: String
  let file: OpenFile

  /// Writes all of `bytes`.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    var start = 0
    while start < bytes.count {
      do {
        start += try system { writeShielded(bytes, from: start) }
      } catch {
        guard error.code == EAGAIN else {
          throw FileError(path, "cannot be written: \(error.sentence)")
        }
        waitUntilWritable()
      }
    }
  }

  /// Waits until the file accepts data, for a standard output in nonblocking mode.
  private func waitUntilWritable() {
    var state = pollfd(fd: file.descriptor, events: Int16(POLLOUT), revents: 0)
    _ = unsafe poll(&state, 1, -1)
  }

  /// Calls `write(2)`. A closed pipe and the limit on file sizes cause errors only: the signals
  /// that would terminate the program are blocked and consumed.
  private func writeShielded(_ bytes: [UInt8], from start: Int) -> Int {
    var (signals, before, pending) = (sigset_t(), sigset_t(), sigset_t())
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe sigaddset(&signals, SIGXFSZ)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, &before)
    let result = unsafe bytes.withUnsafeBytes { all in
      let rest = unsafe UnsafeRawBufferPointer(rebasing: all[start...])
      return unsafe writeOnce(file.descriptor, rest.baseAddress, rest.count)
    }
    let code = errno
    if result < 0, code == EPIPE || code == EFBIG {
      let signal = code == EPIPE ? SIGPIPE : SIGXFSZ
      unsafe sigpending(&pending)
      if unsafe sigismember(&pending, signal) == 1 {
        var (only, taken) = (sigset_t(), Int32(0))
        unsafe sigemptyset(&only)
        unsafe sigaddset(&only, signal)
        unsafe sigwait(&only, &taken)
      }
    }
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    errno = code
    return result
  }
}

private func writeOnce(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, start, count)
}
