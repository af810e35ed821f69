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
    // What is a note in healthy trainings shows how near they come to an alarm.
    for finding in outcome.monitor.findings where finding.severity == .note {
      figures.add("`\(finding.kind.rawValue)` as a note", finding.worst)
    }
  }

  /// Writes the set-up, its quality, the worst score, observations, trainings with an alarm, and
  /// which alarms. The ranges of the figures are those of the first set, "healthy".
  func write(_ setUp: HealthySetUp, in table: String = "healthy") {
    CalibrationTable.write(
      table, setUp.family.rawValue, setUp.name, "\(setUp.quality)",
      CalibrationTable.text(worst ?? .nan), "\(observations)", "\(alarmed) of \(runs)",
      kinds.sorted().joined(separator: ", "))
    guard table == "healthy" else { return }
    for (figure, range) in figures.ranges {
      CalibrationTable.write(
        "range", figure, setUp.family.rawValue, setUp.name, CalibrationTable.text(range))
    }
  }
}

/// The row of a planted failure, over its seeds and intervals.
struct PlantedRow {
  private var verdicts: [Verdict: Int] = [:]
  private var runs = 0
  private var causesFirst = 0
  private var hurt = 0
  private var scores: ClosedRange<Double>?

  mutating func add(_ outcome: CalibrationOutcome, _ verdict: Verdict, of failure: PlantedFailure) {
    runs += 1
    verdicts[verdict, default: 0] += 1
    causesFirst += failure.isCauseFirst(outcome.monitor) ? 1 : 0
    hurt += failure.quality.isReached(by: outcome.score) ? 0 : 1
    if outcome.score.isFinite {
      let range = scores ?? outcome.score...outcome.score
      scores = min(range.lowerBound, outcome.score)...max(range.upperBound, outcome.score)
    }
    if verdict != .right || !failure.isCauseFirst(outcome.monitor) {
      let said = outcome.monitor.diagnoses.filter { $0.severity > .note }.map { diagnosis in
        "\(diagnosis.cause.kind.rawValue) at \(diagnosis.cause.layer) since"
          + " \(diagnosis.cause.firstStep)"
      }
      CalibrationTable.write("deviation", failure.name, said.joined(separator: ", "))
    }
    let first = PlantedFailure.firstCause(outcome.monitor)?.kind.rawValue ?? "nothing"
    CalibrationTable.write("confusion", failure.kinds.first?.rawValue ?? "", first)
  }

  /// Writes the failure, what it does to the quality, and how often it was found at the right
  /// place, found elsewhere, missed, and named first.
  func write(_ failure: PlantedFailure) {
    func count(_ verdict: Verdict) -> String { "\(verdicts[verdict] ?? 0)" }
    CalibrationTable.write(
      "planted", failure.family.rawValue, failure.name, "\(failure.quality)",
      scores.map(CalibrationTable.text) ?? "not finite", "\(hurt) of \(runs)", "\(runs)",
      count(.right), count(.elsewhere), count(.missed), "\(causesFirst)")
  }
}
