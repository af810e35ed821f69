import Foundation

/// The rows of the tables in docs/health.md, printed by the tests that measure them.
enum CalibrationTable {
  static func healthy(
    _ name: String, observations: Int, alarms: Int, accuracy: Double, _ figures: ObservedFigures
  ) {
    print(
      "healthy | \(name) | \(observations) | \(alarms) of 10 |"
        + String(format: " %.1f %% |", 100 * accuracy))
    for (figure, range) in figures.ranges.sorted(by: { $0.key < $1.key }) {
      print("range | \(figure) | \(name) | \(text(range)) |")
    }
  }

  static func planted(
    _ failure: String, found: Int, elsewhere: Int, _ measured: ClosedRange<Double>
  ) {
    print("planted | \(failure) | \(found) of 20 | \(elsewhere) | \(text(measured)) |")
  }

  /// The largest growth of small changes of the state over a sequence.
  static func growth(_ training: String, _ logarithm: Double) {
    print(
      "range | growth of a recurrence | \(training) | \(String(format: "%.3g", exp(logarithm))) |")
  }

  private static func text(_ range: ClosedRange<Double>) -> String {
    let ends = [range.lowerBound, range.upperBound].map { String(format: "%.3g", $0) }
    return ends[0] == ends[1] ? ends[0] : ends.joined(separator: " … ")
  }
}
