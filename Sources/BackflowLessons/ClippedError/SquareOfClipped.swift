package import Backflow

/// Returns the mean of ½ clip(δ, −k, k)² and its gradient, which is zero for large errors.
///
///     δ = prediction − target
///     gradient δ/B    for |δ| ≤ k
///              0      beyond
///
/// The loss seems robust, because no sample contributes more than ½ k². In the backward pass,
/// however, the slope of the clipping is 0 for |δ| > k, so that nothing is learned from the samples
/// with the largest errors. At |δ| = k the slope is the one from inside, as in Theano, TensorFlow,
/// and PyTorch.
///
/// Shapes: prediction, target, and gradient [B].
package func squareOfClipped(
  _ prediction: Tensor<Float>, _ target: Tensor<Float>, limit: Float
) -> (loss: Float, gradient: Tensor<Float>) {
  let error = prediction - target
  let clipped = error.clamped(to: -limit...limit)
  let slope = error.elements.map { $0.magnitude <= limit ? Float(1) : 0 }
  let gradient = clipped * Tensor(slope, shape: error.shape) / Float(error.count)
  return (clipped.squared().mean() / 2, gradient)
}
