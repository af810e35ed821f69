public import BackflowKernels
internal import BackflowLinearAlgebra

/// A rule that moves parameters along their gradients, and the state it keeps from step to step.
///
/// A schedule is applied from outside, before each step:
/// `optimizer.learningRate = schedule.learningRate(at: optimizer.step)`.
///
/// Adam, AdamW, RMSProp and Adagrad remember squares of gradients, in the precision of the parameters,
/// which does not hold the squares of the largest and of the smallest numbers:
///
/// - A finite gradient beyond 2⁶³ ≈ 9·10¹⁸ in `Float` (2⁵¹¹ ≈ 7·10¹⁵³ in `Double`) counts as one of that
///   size. A step depends on the ratio of gradients to the root of their squares, so it is as long as the
///   equations say, and what is remembered fades as fast. Only how much larger one of them was is lost.
///   Adagrad's sum ends at the largest number; from there on its steps get no shorter.
/// - ε counts as at least 2⁻⁶³ ≈ 10⁻¹⁹ (2⁻⁵¹¹ ≈ 10⁻¹⁵⁴): a gradient below that, whose square has lost its
///   digits or is 0, moves a parameter by less than the equations say, and never by more.
/// - A gradient that is NaN or infinite makes its parameter and what is remembered of it NaN. Clipping
///   refuses it before that; `HealthMonitor` finds it after.
public protocol Optimizer<Scalar>: Sendable {
  /// The element of the parameters.
  associatedtype Scalar: RealScalar

  /// The step length. Stops at a negative or infinite one, also where it is set later.
  var learningRate: Double { get set }

  /// The number of steps taken.
  var step: Int { get }

  /// Moves every parameter of `model` one step against `gradients`, in place. Stops if the model is
  /// not the one that the optimiser was made for.
  mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model)

  /// All that is remembered between steps. A run that is stopped here, saved and restored goes on
  /// with the same bits. The settings (learning rate, momentum, …) are the program's and not in it.
  var state: OptimizerState<Scalar> { get }

  /// Takes `state` over from another run of the same optimiser for the same model.
  ///
  /// - Throws: `OptimizerStateError` if it does not belong to such a run or is not finite; nothing is
  ///   then changed.
  mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError)
}

// The checks of the settings that several optimizers have; `owner` is the optimizer's name.
extension Optimizer {
  /// Stops at a learning rate that means nothing. One that a schedule has brought below what the
  /// precision holds is taken: the parameters stand still, as they do at 0.
  func checkRate(of owner: String) {
    SettingRange.fallingToZero.check(
      learningRate, "the learning rate", of: owner, in: Scalar.self)
  }

  /// The same for the learning rate to begin with, which must not vanish either.
  func checkInitialRate(of owner: String) {
    SettingRange.zeroOrPositive.check(
      learningRate, "the learning rate", of: owner, in: Scalar.self)
  }

  func checkDecay(_ weightDecay: Double, of owner: String) {
    SettingRange.zeroOrPositive.check(weightDecay, "the weight decay", of: owner, in: Scalar.self)
  }

  func checkEpsilon(_ epsilon: Double, of owner: String) {
    SettingRange.positive.check(epsilon, "ε", of: owner, in: Scalar.self)
  }
}
