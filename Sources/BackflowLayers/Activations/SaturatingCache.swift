public import BackflowKernels
public import BackflowLinearAlgebra

/// What the backward pass of a unit that saturates reads, and what shows whether it does.
public struct SaturatingCache<Scalar: RealScalar>: Sendable {
  /// x, from which the gradient is computed
  public let input: Tensor<Scalar>
  /// y, which rounds to its limit where the unit is saturated
  public let output: Tensor<Scalar>
}
