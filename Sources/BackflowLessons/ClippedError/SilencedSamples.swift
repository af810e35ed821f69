internal import Backflow

/// Counts the samples that are wrong by more than the limit k, and those among them that the loss
/// does not learn from. It looks at the gradient, not at the name of the loss.
public struct SilencedSamples: Sendable, Equatable {
  /// The number of samples, each time that one was in a batch.
  public private(set) var samples = 0
  /// Those with |δ| > k.
  public private(set) var beyondLimit = 0
  /// Those with |δ| > k whose gradient is exactly 0, although their loss is least at δ = 0.
  public private(set) var silenced = 0
  /// Those at whose end the pole fell or the cart left the track.
  public private(set) var failures = 0
  /// Those among the failures that were silenced.
  public private(set) var silencedFailures = 0

  /// silenced / samples; 0 without any.
  public var share: Double { quotient(silenced, samples) }
  /// beyondLimit / samples; 0 without any.
  public var shareBeyondLimit: Double { quotient(beyondLimit, samples) }
  /// silencedFailures / failures; 0 without any.
  public var shareOfFailures: Double { quotient(silencedFailures, failures) }

  /// No samples yet.
  public init() {}

  /// Counts a batch: its errors δ, the gradients by its predictions, and where it goes on; all [B].
  mutating func count(
    errors: Tensor<Float>, gradient: Tensor<Float>, goesOn: Tensor<Float>, limit: Float
  ) {
    let (errors, gradient, goesOn) = (errors.elements, gradient.elements, goesOn.elements)
    for sample in errors.indices {
      let isBeyond = errors[sample].magnitude > limit
      let isSilenced = isBeyond && gradient[sample] == 0
      let isFailure = goesOn[sample] == 0
      samples += 1
      if isBeyond { beyondLimit += 1 }
      if isSilenced { silenced += 1 }
      if isFailure { failures += 1 }
      if isFailure && isSilenced { silencedFailures += 1 }
    }
  }

  static func += (left: inout SilencedSamples, right: SilencedSamples) {
    left.samples += right.samples
    left.beyondLimit += right.beyondLimit
    left.silenced += right.silenced
    left.failures += right.failures
    left.silencedFailures += right.silencedFailures
  }
}

private func quotient(_ part: Int, _ whole: Int) -> Double {
  whole == 0 ? 0 : Double(part) / Double(whole)
}
