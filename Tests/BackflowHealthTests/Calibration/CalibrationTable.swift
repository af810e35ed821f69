import Foundation

/// The rows of the tables in docs/health.md, which the tests append to the file that
/// `scripts/calibrate-health` names in the environment. Without it, they are not written.
enum CalibrationTable {
  private static let path = ProcessInfo.processInfo.environment["BACKFLOW_CALIBRATION"]
  private static let lock = NSLock()

  /// Whether the rows are written.
  static var isWanted: Bool { path != nil }

  static func healthy(
    _ name: String, observations: Int, alarms: Int, accuracy: Double, _ figures: ObservedFigures
  ) {
    write(
      "healthy", name, "\(observations)", "\(alarms) of 10",
      String(format: "%.1f %%", 100 * accuracy))
    for (figure, range) in figures.ranges { write("range", figure, name, text(range)) }
  }

  static func planted(
    _ failure: String, found: Int, elsewhere: Int, _ measured: ClosedRange<Double>
  ) {
    write("planted", failure, "\(found) of 20", "\(elsewhere)", text(measured))
  }

  /// Writes a row of a table.
  static func write(_ table: String, _ cells: String...) {
    guard let path else { return }
    let row = "\(table) | \(cells.joined(separator: " | ")) |\n"
    lock.withLock {
      guard let file = FileHandle(forUpdatingAtPath: path) else { return }
      file.seekToEndOfFile()
      file.write(Data(row.utf8))
      file.closeFile()
    }
  }

  /// A range with three significant digits, or its one value.
  static func text(_ range: ClosedRange<Double>) -> String {
    let ends = [range.lowerBound, range.upperBound].map { String(format: "%.3g", $0) }
    return ends[0] == ends[1] ? ends[0] : ends.joined(separator: " … ")
  }
}
