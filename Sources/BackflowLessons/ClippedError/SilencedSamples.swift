internal import Backflow

/// A count of the samples with an error beyond the limit k, and of those with zero gradient. The
/// count depends on the gradient, not on the kind of loss.
package struct SilencedSamples: Sendable, Equatable {
  /// The number of samples, counting each occurrence in a batch.
  package private(set) var samples = 0
  /// The number of samples with |δ| > k.
  package private(set) var beyondLimit = 0
  /// The number of samples with |δ| > k and a gradient of exactly 0, although the loss is minimal
  /// only at δ = 0.
  package private(set) var silenced = 0
  /// The number of samples that end with a fallen pole or with the cart off the track.
  package private(set) var failures = 0
  /// The number of failures with zero gradient.
  package private(set) var silencedFailures = 0

  /// silenced / samples, or 0 without samples.
  package var share: Double { quotient(silenced, samples) }
  /// beyondLimit / samples, or 0 without samples.
  package var shareBeyondLimit: Double { quotient(beyondLimit, samples) }
  /// silencedFailures / failures, or 0 without failures.
  package var shareOfFailures: Double { quotient(silencedFailures, failures) }

  /// Creates an empty count.
  package init() {}

  /// Counts a batch, given the errors δ, the gradients with respect to the predictions, and the
  /// continuations; all [B].
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
