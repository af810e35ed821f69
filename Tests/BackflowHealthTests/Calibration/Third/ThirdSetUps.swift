import Backflow

/// The third set of healthy set-ups. It was drawn up by someone who had not read the rules, its
/// qualities were stated before any finding of a monitor was seen, and none was left out because of
/// an alarm. One was changed after the first run: noise that is added to gradients is no longer
/// shown to the monitor as a part of them.
///
/// A quality leaves a margin below the worst of seeds 1 to 12: of a quarter of the error 1 − score
/// and at least 0.01; for a loss, of 0.1.
extension HealthySetUp {
  static let third: [HealthySetUp] =
    thirdDensities + thirdContrasts + thirdFactors + thirdLanguage + thirdTables + thirdTargets
    + thirdUnits + thirdSizes + thirdMethods + thirdStages + thirdSequences + thirdControl

  /// A model that Adam trains.
  static func adam<Model: Layer<Float>>(
    _ name: String, _ family: Family, _ quality: Quality,
    _ task: @escaping @autoclosure @Sendable () -> LearningTask, steps: Int, rate: Double,
    _ make: @escaping @Sendable (inout RandomSource) -> Model,
    with change: @escaping @Sendable (inout WatchedTraining<Model>) -> Void = { _ in }
  ) -> HealthySetUp {
    HealthySetUp(name, family, quality) {
      WatchedTraining(make(&$0), task(), steps: steps) { Adam(for: $0, learningRate: rate) }
        .with(change)
    }
  }
}
