public import Backflow

/// The mean of ½ clip(δ, −k, k)², and its gradient: **the bug**.
///
///     δ = prediction − target
///     gradient δ/B    for |δ| ≤ k
///              0      beyond
///
/// Forwards it looks robust: no sample adds more than ½ k². Backwards the clip has slope 0 beyond k,
/// so just the samples that the network is most wrong about teach it nothing. At |δ| = k the slope is
/// taken from inside, as in Theano, TensorFlow and PyTorch.
///
/// Shapes: prediction, target and gradient [B].
public func squareOfClipped(
  _ prediction: Tensor<Float>, _ target: Tensor<Float>, limit: Float
) -> (loss: Float, gradient: Tensor<Float>) {
  let error = prediction - target
  let clipped = error.clamped(to: -limit...limit)
  let slope = error.elements.map { $0.magnitude <= limit ? Float(1) : 0 }
  let gradient = clipped * Tensor(slope, shape: error.shape) / Float(error.count)
  return (clipped.squared().mean() / 2, gradient)
}
