internal import BackflowConsole
internal import Foundation

/// A progress display: one line that is redrawn on a terminal, and occasional plain lines
/// elsewhere.
struct ProgressBar {
  private let total: Int
  private let isTerminal: Bool
  private let start: Date
  private var lastDrawn = Date.distantPast

  init(total: Int, start: Date = Date()) {
    (self.total, self.start) = (total, start)
    isTerminal = outputIsTerminal
  }

  /// Shows that `done` steps are complete. Plain output has a line only for milestones.
  mutating func show(_ done: Int, _ message: String, isMilestone: Bool) {
    if isTerminal {
      guard isMilestone || Date().timeIntervalSince(lastDrawn) > 0.1 else { return }
      lastDrawn = Date()
      let width = 16
      let filled = width * done / max(total, 1)
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      // Without automatic wrapping, a narrow terminal truncates the line.
      say(
        "\r\u{1B}[2K\u{1B}[?7l\(bar) \(message)  \(elapsed)\u{1B}[?7h",
        terminator: "")
    } else if isMilestone {
      say("\(message)  \(elapsed)")
    }
  }

  /// Ends the line.
  func finish() {
    if isTerminal { say("") }
  }

  private var elapsed: String { String(format: "%.1f s", Date().timeIntervalSince(start)) }
}
