internal import BackflowConsole

/// A wait for another program that has a directory locked. It is reported once, and Ctrl-C ends it.
final class LockWait {
  private let path: String
  private let interruption: Interruption?
  private var isTold = false
  private(set) var isInterrupted = false

  /// Creates a wait for the directory at `path`.
  ///
  /// - Parameter interruption: The flag for Ctrl-C. If `nil`, Ctrl-C terminates the program.
  init(for path: String, until interruption: Interruption? = nil) {
    (self.path, self.interruption) = (path, interruption)
  }

  /// Returns whether to continue waiting.
  func goesOn() -> Bool {
    if !isTold { complain("waiting for another program that has \(path) locked") }
    isTold = true
    isInterrupted = interruption?.isRequested ?? false
    return !isInterrupted
  }
}
