internal import BackflowConsole
internal import Foundation

/// A progress display: one line that is redrawn on a terminal, and occasional plain lines
/// elsewhere.
struct ProgressBar {
  private let total: Int
  private let isTerminal: Bool
  private let isQuiet: Bool
  private let start: ContinuousClock.Instant
  /// The steps that were done when the program started.
  private var first = 0
  private var lastDrawn: ContinuousClock.Instant?
  private var isLineOpen = false

  init(total: Int, start: ContinuousClock.Instant = .now, isQuiet: Bool = false) {
    (self.total, self.start, self.isQuiet) = (total, start, isQuiet)
    isTerminal = outputIsTerminal
  }

  /// States how many steps were done before the program started.
  mutating func begin(at step: Int) { first = step }

  /// Shows that `done` steps are complete, on a terminal.
  ///
  /// - Parameter rate: How many of something a step has.
  mutating func show(_ done: Int, _ message: String, rate: (perStep: Double, unit: String)? = nil) {
    guard isTerminal, !isQuiet,
      lastDrawn.map({ $0.duration(to: .now) > .milliseconds(100) }) ?? true
    else { return }
    lastDrawn = .now
    isLineOpen = true
    let width = 16
    let filled = width * done / max(total, 1)
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    // Without automatic wrapping, a narrow terminal truncates the line.
    say(
      "\r\u{1B}[2K\u{1B}[?7l\(bar) \(message)\(speed(done, rate))\u{1B}[?7h", terminator: "")
  }

  /// Prints a line that stays.
  mutating func milestone(
    _ done: Int, _ message: String, rate: (perStep: Double, unit: String)? = nil
  ) {
    guard !isQuiet else { return }
    clear()
    say(message + speed(done, rate))
  }

  /// Removes the line before something else is printed.
  mutating func interrupt() { clear() }

  /// Ends the display.
  mutating func finish() { clear() }

  private mutating func clear() {
    if isLineOpen { say("\r\u{1B}[2K", terminator: "") }
    isLineOpen = false
  }

  private func speed(_ done: Int, _ rate: (perStep: Double, unit: String)?) -> String {
    let elapsed = start.duration(to: .now) / .seconds(1)
    guard let rate, done > first, elapsed > 0 else { return "  " + duration(elapsed) }
    let perSecond = Double(done - first) / elapsed
    let left = Double(max(total - done, 0)) / perSecond
    return "  \(rounded(perSecond * rate.perStep)) \(rate.unit)/s"
      + (done < total ? "  \(duration(left)) left" : "  \(duration(elapsed))")
  }
}

/// A number of seconds in the units that people use.
private func duration(_ seconds: Double) -> String {
  if seconds < 60 { return String(format: "%.1f s", seconds) }
  let whole = Int(seconds.rounded())
  return whole < 3600
    ? String(format: "%d:%02d min", whole / 60, whole % 60)
    : String(format: "%d:%02d h", whole / 3600, whole / 60 % 60)
}

/// A number with three digits that count.
private func rounded(_ value: Double) -> String {
  if value < 1000 { return String(format: value < 10 ? "%.2f" : "%.0f", value) }
  return value < 1e6
    ? String(format: value < 1e4 ? "%.2f k" : "%.0f k", value / 1e3)
    : String(format: "%.2f M", value / 1e6)
}
