internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A standard stream of the process, with unbuffered output that never traps.
///
/// Output that cannot be written (because of a full disk, a closed descriptor, or a pipe without a
/// reader) is lost. `loss` is the first reason, so that a program can continue and report it at the
/// end.
package enum StandardStream: Int32, Sendable, CaseIterable {
  case output = 1
  case error = 2

  /// Writes all of `text`.
  package func write(_ text: String) {
    var text = text
    let failure = text.withUTF8 { bytes in unsafe writeAll(bytes, to: rawValue) }
    guard let failure else { return }
    losses.withLock { if $0[self] == nil { $0[self] = failure } }
  }

  /// The reason of the first loss of output, such as "No space left on device", or `nil` without a
  /// loss.
  package var loss: String? {
    losses.withLock { $0[self] }.map { unsafe String(cString: strerror($0)) }
  }

  /// Whether the stream is a terminal on which a line can be redrawn.
  package var isTerminal: Bool {
    let kind = unsafe getenv("TERM").map { unsafe String(cString: $0) }
    return isatty(rawValue) == 1 && kind != "dumb"
  }

  /// Ensures that output to the standard streams never goes to other files. Call this function
  /// before any file is opened.
  ///
  /// If the parent process closed a descriptor of a standard stream, the next opened file would get
  /// that descriptor, and the output. Writing to a pipe without a reader, or to a file at its size
  /// limit, becomes an error of `write` instead of a signal that terminates the process.
  package static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
      // Opens the lowest free descriptor, which is this one, in a mode that makes its use fail.
      _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }
}

private let losses = Mutex<[StandardStream: Int32]>([:])

/// Writes all bytes, and returns the `errno` of the first failed write, if any.
private func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int32? {
  var start = 0
  while start < bytes.count {
    let count = unsafe write(
      descriptor, UnsafeRawPointer(bytes.baseAddress)?.advanced(by: start), bytes.count - start)
    if count > 0 {
      start += count
    } else if count == 0 {
      return EIO
    } else if errno == EAGAIN || errno == EWOULDBLOCK {
      // Another process, such as the parent that shares a terminal, has made the stream
      // nonblocking.
      var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = unsafe poll(&request, 1, -1)
    } else if errno != EINTR {
      return errno
    }
  }
  return nil
}
