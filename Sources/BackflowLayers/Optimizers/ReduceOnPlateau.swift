internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A learning rate that is reduced when a measurement, such as the loss of validation, has stopped
/// to improve (PyTorch `ReduceLROnPlateau`).
///
///     var plateau = ReduceOnPlateau(0.1, patience: 5)
///     …                                                        // after each epoch
///     optimizer.learningRate = plateau.update(validationLoss)
///
/// After more than `patience` updates in a row without an improvement, the rate becomes
/// max(factor · rate, minimum), unless that changes it by no more than `smallestChange`. During the
/// `cooldown` updates after that, missing improvements are not counted. NaN is no improvement.
///
/// A `Schedule` depends on the number of steps only; this depends on the measurements, and has a
/// `state` to save.
public struct ReduceOnPlateau: MeasurementRule, Equatable {
  /// The learning rate.
  public private(set) var learningRate: Double
  /// Whether the measurement should become small or large.
  public let goal: ImprovementGoal
  /// The factor of each reduction.
  public let factor: Double
  /// How many updates in a row may pass without an improvement.
  public let patience: Int
  /// What counts as an improvement.
  public let threshold: ImprovementThreshold
  /// How many updates after a reduction do not count.
  public let cooldown: Int
  /// The least learning rate.
  public let minimum: Double
  /// A reduction by no more than this is not made (PyTorch's `eps`).
  public let smallestChange: Double
  /// The best measurement so far; ∞, or −∞ to maximize, before the first.
  public private(set) var best: Double
  private var badUpdates = 0
  private var remainingCooldown = 0

  /// A schedule that starts with `learningRate`. The defaults are PyTorch's.
  ///
  /// - Precondition: The factor is at least 0 and below 1; no other setting is negative or not
  ///   finite, and a relative threshold is below 1.
  public init(
    _ learningRate: Double, goal: ImprovementGoal = .minimize, factor: Double = 0.1,
    patience: Int = 10,
    threshold: ImprovementThreshold = .relative(1e-4), cooldown: Int = 0, minimum: Double = 0,
    smallestChange: Double = 1e-8
  ) {
    let owner = "ReduceOnPlateau"
    SettingRange.zeroOrPositive.check(learningRate, "the learning rate", of: owner)
    SettingRange.belowOne.check(factor, "the factor", of: owner)
    require(patience >= 0, "\(owner): the patience must not be negative, it is \(patience)")
    threshold.check(of: owner)
    require(cooldown >= 0, "\(owner): the cooldown must not be negative, it is \(cooldown)")
    SettingRange.zeroOrPositive.check(minimum, "the minimum", of: owner)
    SettingRange.zeroOrPositive.check(smallestChange, "the smallest change", of: owner)
    (self.learningRate, self.goal, self.factor, self.patience) =
      (learningRate, goal, factor, patience)
    (self.threshold, self.cooldown, self.minimum) = (threshold, cooldown, minimum)
    self.smallestChange = smallestChange
    best = goal.worst
  }

  /// Considers one measurement, and returns the learning rate from now on. O(1)
  @discardableResult
  public mutating func update(_ measurement: Double) -> Double {
    if threshold.isImprovement(measurement, over: best, goal) {
      (best, badUpdates) = (measurement, 0)
    } else {
      badUpdates += 1
    }
    if remainingCooldown > 0 { (remainingCooldown, badUpdates) = (remainingCooldown - 1, 0) }
    if badUpdates > patience {
      let reduced = max(learningRate * factor, minimum)
      if learningRate - reduced > smallestChange { learningRate = reduced }
      (remainingCooldown, badUpdates) = (cooldown, 0)
    }
    return learningRate
  }

  /// The learning rate, the best measurement and the counters, under PyTorch's names. The settings
  /// are not part of it.
  public var state: ScheduleState {
    ScheduleState(
      numbers: [("best", best), ("learning_rate", learningRate)],
      counters: [("num_bad_epochs", badUpdates), ("cooldown_counter", remainingCooldown)])
  }

  /// Continues from the state of another run with the same settings.
  ///
  /// - Throws: `ScheduleStateError` if the state does not belong to such a run. Nothing is changed
  ///   then.
  public mutating func restore(_ state: ScheduleState) throws(ScheduleStateError) {
    let (numbers, counters) = try state.restored(over: self.state) { name, value in
      name == "best" ? !value.isNaN : value >= 0 && value.isFinite
    }
    (best, learningRate) = (numbers[0], numbers[1])
    (badUpdates, remainingCooldown) = (counters[0], counters[1])
  }
}
