internal import BackflowKernels
internal import BackflowLinearAlgebra

/// When to end a training because a measurement, such as the loss of validation, has stopped to
/// improve, and which of its steps was the best (Keras `EarlyStopping`).
///
///     var stopping = EarlyStopping(patience: 5)
///     …                                                        // after each epoch
///     if stopping.update(validationLoss, at: epoch) { bestModel = model }
///     if stopping.shouldStop { break }
///
/// Prechelt, "Early stopping — but when?", 1998.
public struct EarlyStopping: MeasurementRule, Equatable {
  /// Whether the measurement should become small or large.
  public let goal: ImprovementGoal
  /// The number of updates in a row without an improvement after which training should stop.
  public let patience: Int
  /// What counts as an improvement.
  public let threshold: ImprovementThreshold
  /// The number of updates since the last improvement.
  public private(set) var updatesWithoutImprovement = 0
  private var bestValue: Double
  private var stepOfBest = 0

  /// Stops after `patience` updates in a row that do not improve on the best one.
  ///
  /// - Precondition: The patience is positive. The threshold is not negative and finite; a relative
  ///   one is below 1.
  public init(
    goal: ImprovementGoal = .minimize, patience: Int, threshold: ImprovementThreshold = .absolute(0)
  ) {
    require(patience > 0, "EarlyStopping: the patience must be positive, it is \(patience)")
    threshold.check(of: "EarlyStopping")
    (self.goal, self.patience, self.threshold) = (goal, patience, threshold)
    bestValue = goal.worst
  }

  /// Considers the measurement after a step or epoch, and returns whether it is an improvement,
  /// whose model is worth keeping. NaN is none. O(1)
  ///
  /// - Precondition: `step` is not negative.
  @discardableResult
  public mutating func update(_ measurement: Double, at step: Int) -> Bool {
    require(step >= 0, "EarlyStopping: the step must not be negative, it is \(step)")
    if threshold.isImprovement(measurement, over: bestValue, goal) {
      (bestValue, stepOfBest, updatesWithoutImprovement) = (measurement, step, 0)
      return true
    }
    updatesWithoutImprovement += 1
    return false
  }

  /// Whether `patience` updates in a row were no improvement.
  public var shouldStop: Bool { updatesWithoutImprovement >= patience }

  // No measurement that is equal to the worst number is an improvement.
  private var hasBest: Bool { bestValue != goal.worst }

  /// The best measurement; `nil` before the first improvement.
  public var best: Double? { hasBest ? bestValue : nil }

  /// The step of the best measurement; `nil` before the first improvement.
  public var bestStep: Int? { hasBest ? stepOfBest : nil }

  /// The best measurement, its step and the counter. The settings are not part of it.
  public var state: ScheduleState {
    ScheduleState(
      numbers: [("best", bestValue)],
      counters: [("best_step", stepOfBest), ("wait", updatesWithoutImprovement)])
  }

  /// Continues from the state of another run with the same settings.
  ///
  /// - Throws: `ScheduleStateError` if the state does not belong to such a run. Nothing is changed
  ///   then.
  public mutating func restore(_ state: ScheduleState) throws(ScheduleStateError) {
    let (numbers, counters) = try state.restored(over: self.state) { _, value in !value.isNaN }
    (bestValue, stepOfBest, updatesWithoutImprovement) = (numbers[0], counters[0], counters[1])
  }
}
