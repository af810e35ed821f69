import Backflow
import Foundation

/// The rows of the tables in docs/health.md, which the tests append to the file that
/// `scripts/calibrate-health` names in the environment. Without it, they are not written.
enum CalibrationTable {
  private static let path = ProcessInfo.processInfo.environment["BACKFLOW_CALIBRATION"]
  private static let lock = NSLock()

  /// Whether the rows are written.
  static var isWanted: Bool { path != nil }

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
    let ends = [range.lowerBound, range.upperBound].map { text($0) }
    return ends[0] == ends[1] ? ends[0] : ends.joined(separator: " … ")
  }

  /// A number with three significant digits.
  static func text(_ number: Double) -> String { String(format: "%.3g", number) }
}
