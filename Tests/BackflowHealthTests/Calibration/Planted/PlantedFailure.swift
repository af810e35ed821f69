import Backflow

/// A failure that is planted in a healthy training and that the monitor must find.
struct PlantedFailure: Sendable, CustomStringConvertible {
  /// A place in a network: a layer, such as "2", or a parameter, such as "2.weight".
  typealias Place = String

  let name: String
  let family: HealthySetUp.Family
  /// The healthy training, and the quality that it reaches without the failure.
  let base: String
  let quality: Quality
  /// The kinds of finding by which the failure is found, the cause first.
  let kinds: [Finding.Kind]
  /// The places of which one must be named; a layer also stands for all that is inside it. Empty
  /// if the failure has no place, such as a learning rate.
  let places: [Place]
  /// The kinds that the report may name first.
  let causes: [Finding.Kind]
  /// Trains with a seed, and shows every step or each of an interval to a monitor.
  let run: @Sendable (_ seed: UInt64, _ interval: Int) -> CalibrationOutcome

  var description: String { name }

  /// A failure in a healthy training. `causes` are the first of `kinds` if they are not stated.
  init<Model: Layer<Float>>(
    _ name: String, in base: HealthyBase<Model>, _ kinds: [Finding.Kind], at places: [Place] = [],
    causes: [Finding.Kind]? = nil,
    _ plant: @escaping @Sendable (inout WatchedTraining<Model>, inout RandomSource) -> Void
  ) {
    (self.name, family, self.base, quality) = (name, base.family, base.name, base.quality)
    (self.kinds, self.places) = (kinds, places)
    self.causes = causes ?? Array(kinds.prefix(1))
    run = { seed, interval in
      var random = RandomSource(seed: seed)
      var training = base.make(&random)
      plant(&training, &random)
      let outcome = training.run(every: interval, using: &random)
      return CalibrationOutcome(
        monitor: outcome.monitor, score: outcome.score, figures: outcome.figures)
    }
  }

  /// All planted failures.
  static let all =
    wrongGradients + wrongLayers + stepLengths + stillParameters + data + outputs + saturations
    + signals + symmetries + spikes
}

/// What a monitor says about a planted failure.
enum Verdict: String, Sendable, CaseIterable {
  /// A finding of an expected kind names an expected place.
  case right
  /// Findings of an expected kind name other places only.
  case elsewhere
  /// No finding is of an expected kind.
  case missed

  init(_ monitor: HealthMonitor<Float>, _ failure: PlantedFailure) {
    let found = monitor.alarms.filter { failure.kinds.contains($0.kind) }
    self =
      found.contains { failure.isPlace($0.layer) } ? .right : found.isEmpty ? .missed : .elsewhere
  }
}

extension PlantedFailure {
  /// Whether a finding names the place of the failure.
  func isPlace(_ layer: String) -> Bool {
    places.isEmpty
      || places.contains { layer == $0 || layer.hasPrefix($0 + ".") }
  }

  /// Whether the report names the cause first.
  func isCauseFirst(_ monitor: HealthMonitor<Float>) -> Bool {
    guard let first = Self.firstCause(monitor) else { return false }
    return causes.contains(first.kind) && isPlace(first.layer)
  }

  /// The finding that the report names first.
  static func firstCause(_ monitor: HealthMonitor<Float>) -> Finding? {
    monitor.diagnoses.first?.cause
  }
}
