public import BackflowKernels
internal import BackflowLinearAlgebra

/// A rule that moves parameters along their gradients, and the state it keeps from step to step.
///
/// A schedule is applied from outside, before each step:
/// `optimizer.learningRate = schedule.learningRate(at: optimizer.step)`.
public protocol Optimizer<Scalar>: Sendable {
  /// The element of the parameters.
  associatedtype Scalar: RealScalar

  /// The step length.
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
  /// - Throws: `OptimizerStateError` if it does not belong to such a run; nothing is then changed.
  mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerStateError)
}
