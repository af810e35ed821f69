public import BackflowKernels
public import BackflowLinearAlgebra

/// What a layer does to the backward signal.
public enum SignalKind: String, Sendable, Codable, CaseIterable {
  /// Multiplies it by a weight: the weight factor.
  case weight
  /// Multiplies it by φ′: the activation factor.
  case activation
  /// Normalises, pools, drops.
  case other
}

/// The backward signal on both sides of a layer.
public struct LayerSignal<Scalar: RealScalar>: Sendable {
  /// The name of the layer.
  public let layer: String
  /// What the layer does to the signal.
  public let kind: SignalKind
  /// ȳ: the gradient by the output
  public let outputGradient: Tensor<Scalar>
  /// x̄: the gradient by the input
  public let inputGradient: Tensor<Scalar>
  /// y, if it was shown
  public let output: Tensor<Scalar>?
  /// ‖ȳ‖
  let outputNorm: Double
  /// ‖x̄‖
  let inputNorm: Double

  /// Measures the gradients, that by the input only if its norm is not known.
  init(
    layer: String, kind: SignalKind, outputGradient: Tensor<Scalar>, inputGradient: Tensor<Scalar>,
    output: Tensor<Scalar>?, inputNorm: Double?
  ) {
    (self.layer, self.kind, self.output) = (layer, kind, output)
    (self.outputGradient, self.inputGradient) = (outputGradient, inputGradient)
    outputNorm = VectorKernels.norm(outputGradient.span)
    self.inputNorm = inputNorm ?? VectorKernels.norm(inputGradient.span)
  }
}
