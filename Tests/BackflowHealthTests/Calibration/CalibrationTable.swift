import Backflow
import Foundation

/// The rows of the tables in docs/calibration.md, which the tests append to the file that
/// `scripts/calibrate-health` names in the environment. Without it, they are not written.
enum CalibrationTable {
  private static let path = ProcessInfo.processInfo.environment["BACKFLOW_CALIBRATION"]
  private static let lock = NSLock()

  /// The seeds of healthy trainings: three from the one in the environment on, usually 1.
  static let seeds: Range<UInt64> = {
    let text = ProcessInfo.processInfo.environment["BACKFLOW_CALIBRATION_SEED"]
    let first = text.flatMap { UInt64($0) } ?? 1
    return first..<first + 3
  }()

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
