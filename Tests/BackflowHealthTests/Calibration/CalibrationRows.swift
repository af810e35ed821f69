import Backflow

/// The row of a healthy set-up, over its seeds and intervals.
struct HealthyRow {
  private var runs = 0
  private var alarmed = 0
  private var kinds: Set<String> = []
  private var observations = 0
  private var worst: Double?
  private var figures = ObservedFigures()

  mutating func add(_ outcome: CalibrationOutcome, of setUp: HealthySetUp) {
    runs += 1
    observations += outcome.monitor.observations
    alarmed += outcome.monitor.alarms.isEmpty ? 0 : 1
    for alarm in outcome.monitor.alarms { kinds.insert("\(alarm.kind.rawValue) at \(alarm.layer)") }
    worst = worst.map { setUp.quality.worse($0, outcome.score) } ?? outcome.score
    figures.add(outcome.figures)
  }

  /// Writes the set-up, its quality, the worst score, observations, trainings with an alarm, and
  /// which alarms.
  func write(_ setUp: HealthySetUp) {
    CalibrationTable.write(
      "healthy", setUp.family.rawValue, setUp.name, "\(setUp.quality)",
      CalibrationTable.text(worst ?? .nan), "\(observations)", "\(alarmed) of \(runs)",
      kinds.sorted().joined(separator: ", "))
    for (figure, range) in figures.ranges {
      CalibrationTable.write("range", figure, setUp.name, CalibrationTable.text(range))
    }
  }
}
