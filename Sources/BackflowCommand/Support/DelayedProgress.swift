internal import BackflowConsole

/// A progress bar on a terminal for work that takes more than a second.
struct DelayedProgress {
  private let start = ContinuousClock.now
  private var bar: ProgressBar?

  /// Shows the completed share, in 0...1.
  mutating func show(_ share: Double, _ message: String) {
    guard outputIsTerminal, start.duration(to: .now) > .seconds(1) else { return }
    var current = bar ?? ProgressBar(total: 1000, start: start)
    current.show(Int(1000 * share), message)
    bar = current
  }

  /// Clears the line, so that only the result remains.
  mutating func clear() {
    if bar != nil { say("\r\u{1B}[2K", terminator: "") }
    bar = nil
  }
}
