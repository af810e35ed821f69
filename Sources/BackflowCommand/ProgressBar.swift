internal import BackflowConsole
internal import Foundation

/// One line that is drawn again and again on a terminal, and a plain line now and then elsewhere.
struct ProgressBar {
  private let total: Int
  private let isTerminal: Bool
  private let start = Date()
  private var lastDrawn = Date.distantPast

  init(total: Int) {
    self.total = total
    isTerminal = outputIsTerminal
  }

  /// Shows that `done` of the steps are done. Plain output gets a line only where `isMilestone`.
  mutating func show(_ done: Int, _ message: String, isMilestone: Bool) {
    if isTerminal {
      guard isMilestone || Date().timeIntervalSince(lastDrawn) > 0.1 else { return }
      lastDrawn = Date()
      let width = 16
      let filled = width * done / max(total, 1)
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      // Without automatic wrapping, a narrow terminal cuts the line and does not fill with it.
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
