public import BackflowKernels
internal import BackflowLinearAlgebra

/// A rule that moves parameters along their gradients, and the state it keeps from step to step.
///
/// A schedule is applied from outside, before each step:
/// `optimizer.learningRate = schedule.learningRate(at: optimizer.step)`.
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
