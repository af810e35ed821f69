internal import BackflowConsole

/// The wait for another program that has a directory locked: it is told once, and Ctrl-C ends it.
final class LockWait {
  private let path: String
  private let interruption: Interruption?
  private var isTold = false
  private(set) var isInterrupted = false

  /// - Parameter interruption: Asked for Ctrl-C. Without one, Ctrl-C ends the program anyway.
  init(for path: String, until interruption: Interruption? = nil) {
    (self.path, self.interruption) = (path, interruption)
  }

  /// Whether to go on waiting.
  func goesOn() -> Bool {
    if !isTold { complain("waiting for another program that has \(path) locked") }
    isTold = true
    isInterrupted = interruption?.isRequested ?? false
    return !isInterrupted
  }
}
