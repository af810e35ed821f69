package import Backflow

/// Returns the mean of Huber's loss and its gradient, written as what it is: the square error with
/// its gradient clipped to ±k.
///
///     δ = prediction − target,   g = clip(δ, −k, k)
///     loss g (δ − g/2) = ½ δ² for |δ| ≤ k, and k (|δ| − k/2) beyond
///
/// It agrees with `huber`. Shapes: prediction, target, and gradient [B].
package func squareOfClippedGradient(
  _ prediction: Tensor<Float>, _ target: Tensor<Float>, limit: Float
) -> (loss: Float, gradient: Tensor<Float>) {
  let error = prediction - target
  let clipped = error.clamped(to: -limit...limit)
  let losses = clipped * (error - clipped / 2)
  return (losses.mean(), clipped / Float(error.count))
}
