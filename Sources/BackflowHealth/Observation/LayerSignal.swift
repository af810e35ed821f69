public import BackflowKernels
public import BackflowLinearAlgebra

/// The backward signal on both sides of a layer.
public struct LayerSignal<Scalar: RealScalar>: Sendable {
  /// What the layer does to the signal.
  public enum Kind: String, Sendable, Codable {
    /// Multiplies it by a weight: the weight factor.
    case weight
    /// Multiplies it by φ′: the activation factor.
    case activation
    /// Normalises, pools, drops.
    case other
  }

  /// The name of the layer.
  public let layer: String
  /// What the layer does to the signal.
  public let kind: Kind
  /// ȳ: the gradient by the output
  public let outputGradient: Tensor<Scalar>
  /// x̄: the gradient by the input
  public let inputGradient: Tensor<Scalar>
  /// y, if it was shown
  public let output: Tensor<Scalar>?
}
