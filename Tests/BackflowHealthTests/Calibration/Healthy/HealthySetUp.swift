import Backflow

/// A training that is healthy, for any seed: the monitor must raise no alarm.
struct HealthySetUp: Sendable, CustomStringConvertible {
  let name: String
  let family: Family
  /// The quality that every seed reaches.
  let quality: Quality
  /// Trains with a seed, and shows every step or each of an interval to a monitor.
  let run: @Sendable (_ seed: UInt64, _ interval: Int) -> CalibrationOutcome

  var description: String { name }

  init<Model: Layer<Float>>(
    _ name: String, _ family: Family, _ quality: Quality,
    _ make: @escaping @Sendable (inout RandomSource) -> WatchedTraining<Model>
  ) {
    (self.name, self.family, self.quality) = (name, family, quality)
    run = { seed, interval in
      var random = RandomSource(seed: seed)
      var training = make(&random)
      let outcome = training.run(every: interval, using: &random)
      return CalibrationOutcome(
        monitor: outcome.monitor, score: outcome.score, figures: outcome.figures)
    }
  }

  /// A healthy training in which failures are planted.
  init<Model: Layer<Float>>(_ base: HealthyBase<Model>) {
    self.init(base.name, base.family, base.quality, base.make)
  }

  /// The kind of network.
  enum Family: String, Sendable, CaseIterable {
    case dense, convolutional, recurrent, attention, embedding, regression, control
  }

  /// All healthy set-ups.
  static let all =
    dense + fitted + convolutional + recurrent + sequences + attention + embeddings + regressions
    + control
}

/// What came of a training of the calibration.
struct CalibrationOutcome: Sendable {
  let monitor: HealthMonitor<Float>
  let score: Double
  let figures: ObservedFigures
}
