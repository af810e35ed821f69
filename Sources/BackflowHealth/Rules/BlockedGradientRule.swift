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

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.entries.contains { $0.name == place }
  }
}

extension LossEntries {
  /// The share of entries whose gradient is exactly zero, in all elements, while their loss is
  /// above the minimum by more than rounding; 0 without entries.
  ///
  /// With unit roundoff ε and the minimum m, a loss of one prediction may be above m by ε |m|. In a
  /// row of C differences between probabilities p and targets q, a zero stands for up to ε, so that
  /// the loss, at most −ln(1 − C ε) above its minimum, may be above m by C ε (1 + |m|).
  public var silencedShare: Double {
    if values.isEmpty { return 0 }
    let silenced = VectorKernels.countFlat(
      values.span, slopes: gradient.span, above: Scalar(minimum + tolerance))
    return Double(silenced) / Double(values.count)
  }

  private var tolerance: Double {
    let (epsilon, width) = (Double(Scalar.ulpOfOne), Double(gradient.count / values.count))
    return width > 1 ? width * epsilon * (1 + minimum.magnitude) : epsilon * minimum.magnitude
  }
}
