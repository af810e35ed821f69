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

/// Stops unless the optimiser keeps state of this parameter's shape at this place: it was made for
/// another model otherwise.
func requireState<S>(
  _ state: [Tensor<S>], _ index: Int, _ name: String, _ parameter: Tensor<S>, _ optimizer: String
) {
  require(
    index < state.count && state[index].shape == parameter.shape,
    "\(optimizer) was made for another model: \(name) has shape \(parameter.shape), "
      + (index < state.count ? "expected was \(state[index].shape)" : "and no more was expected"))
}
