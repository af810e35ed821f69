public import BackflowKernels
public import BackflowLinearAlgebra

/// The cache of a nonlinearity that saturates.
public struct SaturatingCache<Scalar: RealScalar>: Sendable {
  /// x, from which the backward pass computes the gradient.
  public let input: Tensor<Scalar>
  /// y, which an observer checks for saturation.
  public let output: Tensor<Scalar>
}
