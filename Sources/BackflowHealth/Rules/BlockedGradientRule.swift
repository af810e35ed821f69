internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Entries whose loss is above its minimum and whose gradient is nevertheless exactly zero: the
/// clipped temporal difference is the classic example.
struct BlockedGradientRule<Scalar: RealScalar>: HealthRule {
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.entries.compactMap { entries in
      let share = entries.silencedShare
      guard share > thresholds.silencedShare else { return nil }
      return Finding(
        .blockedGradient, .failure, layer: entries.name, step: observation.step, measured: share,
        threshold: thresholds.silencedShare,
        source: "share of the entries; it is 0 for a correct loss",
        statement: "\(entries.name): the gradient of \(percentage(share)) of the entries is exactly"
          + " zero although their loss is not at its minimum",
        reason:
          "These entries, as a rule those with the largest errors, teach nothing: they"
          + " are part of the loss and do not reach the parameters.",
        cure: "Do not clip inside the loss: use a Huber loss, or clip the gradient.")
    }
  }
}

extension LossEntries {
  /// The share of entries whose gradient is exactly zero while their loss is above the minimum; 0
  /// without entries.
  public var silencedShare: Double {
    if values.isEmpty { return 0 }
    let silenced = VectorKernels.countFlat(
      values.span, slopes: gradient.span, above: Scalar(minimum))
    return Double(silenced) / Double(values.count)
  }
}
