internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A stream that every process has, written without a buffer and without a trap.
///
/// What cannot be written (a full disk, a closed descriptor, a pipe that nobody reads) is lost, and
/// the first reason is kept in `loss`, so that a program can go on with its work and tell at its end.
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

  /// Why text was lost for the first time, such as "No space left on device"; `nil` if none was.
  package var loss: String? {
    losses.withLock { $0[self] }.map { unsafe String(cString: strerror($0)) }
  }

  /// Whether this is a terminal.
  package var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Makes sure that a program's output goes to its standard streams or is lost, and ends up nowhere
  /// else. To be called before anything else opens a file.
  ///
  /// A descriptor that the parent process closed would be given to the next file that is opened, and
  /// output would be written into that file. A pipe that nobody reads and a file that has reached its
  /// limit become errors of `write` instead of signals that end the process.
  package static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest descriptor that is free, which is this one; opened so that its use fails.
      _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
  }
}

private let losses = Mutex<[StandardStream: Int32]>([:])

/// The error number of the first write that failed, if one did.
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
      // Somebody else made the stream non-blocking, as the parent of a shared terminal may.
      var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = unsafe poll(&request, 1, -1)
    } else if errno != EINTR {
      return errno
    }
  }
  return nil
}
