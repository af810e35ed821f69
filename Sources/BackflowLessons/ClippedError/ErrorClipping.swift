public import Backflow

/// Where the limit k on a temporal-difference error δ is put.
///
/// The three losses agree as long as |δ| ≤ k. Beyond, each means to keep a large error from making a
/// large step, and one of them keeps it from making any.
public enum ErrorClipping: String, Sendable, CaseIterable {
  /// ½ clip(δ)²: the error is clipped, and then squared. Beyond k the loss is flat.
  case insideSquare
  /// Huber's loss: the gradient by δ is clip(δ).
  case huber
  /// ½ δ², and the norm of the gradients of all parameters together is limited before the step. (To
  /// limit the gradient by each δ instead is Huber's loss again.)
  case gradientNorm
}

extension ErrorClipping {
  /// The mean loss over a batch, and its gradient by `prediction`; δ = prediction − target.
  ///
  /// Shapes: prediction, target and gradient [B].
  public func loss(
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

  /// The loss of each error δ, [B]: what a health monitor compares with the gradients.
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
