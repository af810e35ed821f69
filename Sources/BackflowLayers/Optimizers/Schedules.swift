internal import BackflowKernels
internal import RealModule

/// A learning rate that depends on the number of steps taken, and on nothing else: a run that is
/// restored goes on with the rate it would have had.
///
///     optimizer.learningRate = schedule.learningRate(at: optimizer.step)
///     optimizer.update(&model, along: gradients)
public protocol Schedule: Sendable {
  /// The learning rate of the step that follows on `step` steps; `step` ≥ 0.
  func learningRate(at step: Int) -> Double
}

/// The same learning rate at every step.
public struct ConstantSchedule: Schedule {
  /// The learning rate.
  public let learningRate: Double

  /// This learning rate. Stops at a negative or infinite one.
  public init(_ learningRate: Double) {
    SettingRange.zeroOrPositive.check(learningRate, "the learning rate", of: "ConstantSchedule")
    self.learningRate = learningRate
  }

  /// The learning rate.
  public func learningRate(at step: Int) -> Double { learningRate }
}

/// A learning rate that is multiplied by a factor every so many steps (PyTorch `StepLR`).
///
///     learningRate · factor^⌊step / interval⌋
public struct StepSchedule: Schedule {
  /// The learning rate at first.
  public let learningRate: Double
  /// The number of steps between two changes.
  public let interval: Int
  /// What the rate is multiplied by at each change.
  public let factor: Double

  /// Multiplies `learningRate` by `factor` every `interval` steps. Stops unless `interval` > 0, and
  /// at a learning rate or factor that is negative or infinite.
  public init(_ learningRate: Double, every interval: Int, factor: Double = 0.1) {
    require(interval > 0, "a step schedule changes every so many steps, not every \(interval)")
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
/// which is computed as minimum + (learningRate − minimum) sin²(π (steps − step) / (2 steps)), because the sum with the
/// cosine cancels near the end.
/// After the last of the `steps` it stays at the minimum, where PyTorch's would rise again.
/// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.
public struct CosineSchedule: Schedule {
  /// The learning rate at first.
  public let learningRate: Double
  /// The number of steps down to the minimum.
  public let steps: Int
  /// The learning rate at last.
  public let minimum: Double

  /// Falls from `learningRate` to `minimum` in `steps` steps. Stops unless `steps` > 0, and at
  /// a learning rate or minimum that is negative or infinite.
  public init(_ learningRate: Double, steps: Int, minimum: Double = 0) {
    require(steps > 0, "a cosine schedule needs steps, not \(steps)")
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

/// A linear rise to the first learning rate of another schedule, which follows (PyTorch `LinearLR`
/// before another, in `SequentialLR`). Goyal et al., arXiv:1706.02677.
///
///     first · (start + (1 − start) step / steps)        for step < steps, first = following(0)
///     following(step − steps)                           after
public struct WarmupSchedule<Following: Schedule>: Schedule {
  /// The number of steps of the rise.
  public let steps: Int
  /// The share of the first learning rate at which the rise starts.
  public let start: Double
  /// What follows, counted from the end of the rise.
  public let following: Following

  /// Rises for `steps` steps from the share `start` of the learning rate at which `following` begins.
  /// Stops if `steps` < 0 or `start` is negative or infinite.
  public init(steps: Int, from start: Double = 0, then following: Following) {
    require(steps >= 0, "a warm-up cannot last \(steps) steps")
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
