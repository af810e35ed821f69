public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// The backward signal on both sides of a layer.
public struct LayerSignal<Scalar: RealScalar>: Sendable {
  /// The name of the layer.
  public let layer: String
  /// The type of the layer, such as "Dense", if it is known.
  public var type: String? { layerType?.name }
  /// What the layer does to the signal.
  public let kind: SignalKind
  /// ȳ: the gradient of the loss with respect to the output
  public let outputGradient: Tensor<Scalar>
  /// x̄: the gradient of the loss with respect to the input
  public let inputGradient: Tensor<Scalar>
  /// The type, of which a name is built only if it is asked for.
  let layerType: LayerType?
  /// ‖ȳ‖
  let outputNorm: Double
  /// ‖x̄‖
  let inputNorm: Double

  /// Measures the gradients, the one at the input only if its norm is not known.
  init(
    layer: String, type: LayerType?, kind: SignalKind, outputGradient: Tensor<Scalar>,
    inputGradient: Tensor<Scalar>, inputNorm: Double?
  ) {
    (self.layer, layerType, self.kind) = (layer, type, kind)
    self.outputGradient = outputGradient
    self.inputGradient = inputGradient
    outputNorm = VectorKernels.norm(outputGradient.span)
    self.inputNorm = inputNorm ?? VectorKernels.norm(inputGradient.span)
  }
}
