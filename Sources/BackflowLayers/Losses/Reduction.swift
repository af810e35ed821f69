public import BackflowKernels
public import BackflowLinearAlgebra

/// How the losses of single samples become one number.
public enum Reduction: Sendable {
  /// Σ lₙ / N over the N samples that count; NaN without any, as PyTorch's is. Where labels have
  /// weights, N is the sum of those of the labels.
  case mean
  /// Σ lₙ
  case sum
}

/// The choice not to reduce: `huber(q, target, reduction: .perSample)` returns `SampleLosses`.
///
/// It is a separate type, so that the compiler knows whether a loss is one number or one for each
/// sample.
public enum NoReduction: Sendable {
  /// One loss for each sample (PyTorch's `none`).
  case perSample
}

/// The loss of each sample and its gradient.
///
///     let each = huber(q, target, reduction: .perSample)
///     let gradient = each.gradient(weightedBy: importance / Float(importance.count))
///
/// A sample's loss depends on that sample alone, so its gradient is one slice of a tensor, and the
/// gradient of any weighted sum Σ wₙ lₙ multiplies each slice by its weight.
public struct SampleLosses<Scalar: RealScalar>: Sendable {
  /// lₙ: of the prediction's shape where each element is a sample, of its leading axes where each
  /// row is one.
  public let losses: Tensor<Scalar>
  /// ∂lₙ/∂prediction, of the prediction's shape: the gradient of Σ lₙ.
  public let gradientOfSum: Tensor<Scalar>

  /// The gradient of Σ wₙ lₙ with respect to the prediction: the backward pass from the upstream
  /// gradient w, of the losses' shape. O(count)
  ///
  /// - Precondition: The shapes are equal.
  public func gradient(weightedBy weights: Tensor<Scalar>) -> Tensor<Scalar> {
    require(
      weights.shape == losses.shape,
      "SampleLosses: weights of shape \(weights.shape) against losses of shape \(losses.shape)")
    var gradient = Tensor<Scalar>(uninitialized: gradientOfSum.shape)
    let columns = losses.isEmpty ? 0 : gradient.count / losses.count
    VectorKernels.weightRows(
      weights.span, gradientOfSum.span, columns: columns, into: gradient.mutableSpan)
    return gradient
  }
}

extension Reduction {
  /// The factor of each of `count` samples.
  func scale(_ count: Int) -> Double { scale(total: Double(count)) }

  /// The factor of each sample where the weights of all of them add up to `total`.
  func scale(total: Double) -> Double { self == .mean ? 1 / total : 1 }

  /// The losses of `count` samples as one number; those that do not count are 0.
  func callAsFunction<S>(_ losses: Tensor<S>, _ count: Int) -> S {
    callAsFunction(losses, total: Double(count))
  }

  /// The weighted losses of samples whose weights add up to `total` as one number. The mean is
  /// formed without the sum, which may be out of range where the mean is not.
  func callAsFunction<S>(_ losses: Tensor<S>, total: Double) -> S {
    switch self {
    case .mean: S(losses.meanInDouble() * (Double(losses.count) / total))
    case .sum: losses.sum()
    }
  }
}
