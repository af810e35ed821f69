import Backflow

/// The mean over one axis, such as the steps of a sequence.
struct MeanOverAxis: ParameterlessLayer {
  typealias Scalar = Float
  let axis: Int

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Shape) {
    (input.mean(axis: axis), input.shape)
  }

  func inputGradient(_ outputGradient: Tensor<Float>, _ shape: Shape) -> Tensor<Float> {
    (outputGradient / Float(shape[axis])).reshaped(to: shape.replacing(axis: axis, with: 1))
      .broadcast(to: shape)
  }

  var signalKind: SignalKind? { .other }
}
