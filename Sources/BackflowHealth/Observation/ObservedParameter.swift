public import BackflowKernels
public import BackflowLinearAlgebra

/// A parameter at one step.
public struct ObservedParameter<Scalar: RealScalar>: Sendable {
  /// Its name in the model.
  public let name: String
  /// θ before the step
  public let value: Tensor<Scalar>
  /// The gradient by θ, if it was shown
  public let gradient: Tensor<Scalar>?
  /// θ after the step, if it was shown
  public let after: Tensor<Scalar>?
}
