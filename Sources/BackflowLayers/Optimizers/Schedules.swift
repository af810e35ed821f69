internal import BackflowKernels
internal import RealModule

/// A learning rate that depends only on the number of steps taken, so that a restored run continues
/// with the rate it would have had.
///
///     optimizer.learningRate = schedule.learningRate(at: optimizer.step)
///     optimizer.update(&model, along: gradients)
public protocol Schedule: Sendable {
  /// The learning rate after `step` ≥ 0 steps.
  func learningRate(at step: Int) -> Double
}

/// The same learning rate at every step.
public struct ConstantSchedule: Schedule {
  /// The learning rate.
  public let learningRate: Double

  /// This learning rate.
  ///
  /// - Precondition: It is 0 or positive and finite.
  public init(_ learningRate: Double) {
    SettingRange.zeroOrPositive.check(learningRate, "the learning rate", of: "ConstantSchedule")
    self.learningRate = learningRate
  }

  /// The learning rate.
  public func learningRate(at step: Int) -> Double { learningRate }
}

/// A learning rate that is multiplied by a factor at regular intervals (PyTorch `StepLR`).
///
///     learningRate · factor^⌊step / interval⌋
public struct StepSchedule: Schedule {
  /// The initial learning rate.
  public let learningRate: Double
  /// The number of steps from one change to the next.
  public let interval: Int
  /// The factor by which each change multiplies the rate.
  public let factor: Double

  /// Multiplies `learningRate` by `factor` every `interval` steps.
  ///
  /// - Precondition: `interval` is positive; the learning rate and the factor are 0 or positive and
  ///   finite.
  public init(_ learningRate: Double, every interval: Int, factor: Double = 0.1) {
    require(interval > 0, "StepSchedule: the interval must be positive, got \(interval)")
    SettingRange.zeroOrPositive.check(learningRate, "the learning rate", of: "StepSchedule")
    SettingRange.zeroOrPositive.check(factor, "the factor", of: "StepSchedule")
    (self.learningRate, self.interval, self.factor) = (learningRate, interval, factor)
  }

  /// The equation above.
  public func learningRate(at step: Int) -> Double {
    learningRate * Double.pow(factor, step / interval)
  }
}

/// Half a period of a cosine, from one learning rate down to another (PyTorch `CosineAnnealingLR`).
///
///     minimum + ½ (learningRate − minimum) (1 + cos(π step / steps))
///
/// which is computed as minimum + (learningRate − minimum) sin²(π (steps − step) / (2 steps)),
/// because the sum with the cosine cancels near the end. After `steps` steps it stays at the
/// minimum; PyTorch's would rise again. Loshchilov and Hutter, "SGDR: stochastic gradient descent
/// with warm restarts", ICLR 2017.
public struct CosineSchedule: Schedule {
  /// The initial learning rate.
  public let learningRate: Double
  /// The number of steps down to the minimum.
  public let steps: Int
  /// The final learning rate.
  public let minimum: Double

  /// Falls from `learningRate` to `minimum` in `steps` steps.
  ///
  /// - Precondition: `steps` is positive; the learning rate and the minimum are 0 or positive and
  ///   finite.
  public init(_ learningRate: Double, steps: Int, minimum: Double = 0) {
    require(steps > 0, "CosineSchedule: the number of steps must be positive, got \(steps)")
    SettingRange.zeroOrPositive.check(learningRate, "the learning rate", of: "CosineSchedule")
    SettingRange.zeroOrPositive.check(minimum, "the minimum", of: "CosineSchedule")
    (self.learningRate, self.steps, self.minimum) = (learningRate, steps, minimum)
  }

  /// The equation above.
  public func learningRate(at step: Int) -> Double {
    if step >= steps { return minimum }
    let sine = Double.sin(Double.pi / 2 * (Double(steps - step) / Double(steps)))
    return minimum + (learningRate - minimum) * (sine * sine)
  }
}

/// A linear rise to the initial learning rate of the schedule that follows (PyTorch `LinearLR`
/// before another in `SequentialLR`). Goyal et al., arXiv:1706.02677.
///
///     first · (start + (1 − start) step / steps)        for step < steps, first = following(0)
///     following(step − steps)                           after
public struct WarmupSchedule<Following: Schedule>: Schedule {
  /// The number of steps of the rise.
  public let steps: Int
  /// The share of the first learning rate at which the rise starts.
  public let start: Double
  /// The schedule after the rise, whose steps are counted from there.
  public let following: Following

  /// Rises for `steps` steps, from the share `start` of the initial learning rate of `following`.
  ///
  /// - Precondition: `steps` is not negative, and `start` is 0 or positive and finite.
  public init(steps: Int, from start: Double = 0, then following: Following) {
    require(steps >= 0, "WarmupSchedule: the number of steps must not be negative, it is \(steps)")
    SettingRange.zeroOrPositive.check(start, "the start", of: "WarmupSchedule")
    (self.steps, self.start, self.following) = (steps, start, following)
  }

  /// The equations above.
  public func learningRate(at step: Int) -> Double {
    if step >= steps { return following.learningRate(at: step - steps) }
    let share = start + (1 - start) * Double(step) / Double(steps)
    return following.learningRate(at: 0) * share
  }
}
