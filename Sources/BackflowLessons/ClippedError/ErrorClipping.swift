package import Backflow

/// The kind of limit k on a temporal-difference error δ.
///
/// The three losses agree if |δ| ≤ k. For larger errors, each is intended to prevent a large step,
/// but one of them prevents any step.
package enum ErrorClipping: String, Sendable, CaseIterable {
  /// ½ clip(δ)²: the error is clipped and then squared. The loss is constant for |δ| > k.
  case insideSquare
  /// Huber's loss, whose gradient with respect to δ is clip(δ).
  case huber
  /// ½ δ², where the norm of the gradients of all parameters is limited before the step. (Limiting
  /// the gradient with respect to each δ is equivalent to Huber's loss.)
  case gradientNorm
}

extension ErrorClipping {
  /// Returns the mean loss over a batch and its gradient with respect to `prediction`, where δ =
  /// prediction − target.
  ///
  /// Shapes: prediction, target, and gradient [B].
  package func loss(
    _ prediction: Tensor<Float>, _ target: Tensor<Float>, limit: Float
  ) -> (loss: Float, gradient: Tensor<Float>) {
    switch self {
    case .insideSquare:
      return squareOfClipped(prediction, target, limit: limit)
    case .huber:
      return Backflow.huber(prediction, target, delta: Double(limit))
    case .gradientNorm:
      let (loss, gradient) = meanSquaredError(prediction, target)
      return (loss / 2, gradient * 0.5)
    }
  }

  /// Returns the loss of each error δ, [B], for comparison with the gradients by a health monitor.
  func losses(of errors: Tensor<Float>, limit: Float) -> Tensor<Float> {
    switch self {
    case .insideSquare:
      errors.clamped(to: -limit...limit).squared() / 2
    case .huber:
      Backflow.huber(
        errors, .zeros(errors.shape), delta: Double(limit), reduction: .perSample
      ).losses
    case .gradientNorm:
      errors.squared() / 2
    }
  }
}
