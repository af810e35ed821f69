public import BackflowKernels
public import BackflowLinearAlgebra

/// The input of a network at one step.
public struct ObservedInput<Scalar: RealScalar>: Sendable {
  /// The name of the layer that reads it.
  public let layer: String
  /// x, [N, features], [T, B, features] or [N, C, height, width].
  public let value: Tensor<Scalar>
}
