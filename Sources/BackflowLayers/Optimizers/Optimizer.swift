public import BackflowKernels
internal import BackflowLinearAlgebra

/// A rule that moves parameters along their gradients, and the state it keeps from step to step.
public protocol Optimizer<Scalar>: Sendable {
  /// The element of the parameters.
  associatedtype Scalar: RealScalar

  /// Moves every parameter of `model` one step against `gradients`, in place.
  mutating func update<Model: Parameterized<Scalar>>(
    _ model: inout Model, along gradients: Model)
}
