internal import BackflowKernels
internal import BackflowLayers

/// Clipping that is the rule rather than the exception: how often, by how much, and whether it
/// turns the step. It is a note where the optimizer ignores the scale of the gradient, and while
/// the loss falls.
struct ClippingRule<Scalar: RealScalar>: HealthRule {
  private var steps = 0
  private var clipped = 0
  private var keptLengths = 0.0
  private var cosines = 0.0
  /// What was found last. Its words are kept as long as its severity stays, because only those of
  /// the first finding of a severity are reported.
  private var last: Finding?

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard let clipping = observation.clipping, clipping.normBefore.isFinite else { return [] }
    // Rounding cannot lengthen a gradient by a thousandth.
    guard clipping.normAfter <= 1.001 * clipping.normBefore else {
      return [wrongRecord(clipping, at: observation.step)]
    }
    steps += 1
    if clipping.isClipped {
      clipped += 1
      keptLengths += clipping.normBefore > 0 ? clipping.normAfter / clipping.normBefore : 1
      cosines += clipping.cosine
    }
    let share = Double(clipped) / Double(steps)
    guard steps >= thresholds.clippingObservations, share > thresholds.clippedShare else {
      return []
    }
    let (kept, cosine) = (keptLengths / Double(clipped), cosines / Double(clipped))
    let costsSpeed = kept < thresholds.keptLength
    let ignoresScale = observation.optimizerState?.ignoresScale ?? false
    let isHarmless = observation.losses.hasFallen || ignoresScale
    let severity: Finding.Severity = costsSpeed && !isHarmless ? .warning : .note
    if let last, last.severity == severity {
      return [last.again(at: observation.step, measured: share)]
    }
    let finding = finding(
      severity, share, kept, cosine, ignoresScale, at: observation.step, thresholds)
    last = finding
    return [finding]
  }

  private func finding(
    _ severity: Finding.Severity, _ share: Double, _ kept: Double, _ cosine: Double,
    _ ignoresScale: Bool, at step: Int, _ thresholds: Thresholds
  ) -> Finding {
    let turns = cosine < thresholds.turnedCosine
    return Finding(
      .clipping, severity, layer: "the gradients",
      step: step, measured: share, threshold: thresholds.clippedShare,
      source:
        "share of the observed steps; a warning if less than \(percentage(thresholds.keptLength)) of"
        + " their length is kept",
      statement: "\(percentage(share)) of the observed steps were clipped, to"
        + " \(percentage(kept)) of their length on average"
        + (turns ? ", at a mean cosine of \(figure(cosine)) to the gradient" : ""),
      reason: turns
        ? "The limit, not the loss, decides the length of the steps, and it turns them."
        : ignoresScale
          ? "The optimizer divides by the size of the gradients, so that clipping changes how they are"
            + " weighted over the steps, and hardly their length."
          : "The limit, not the loss, decides the length of the steps.",
      cure: turns
        ? "Clip the global norm instead of the elements, or raise the limit."
        : "Nothing, if the limit tames gradients that explode; otherwise, raise it, or choose the"
          + " learning rate for steps without clipping.")
  }

  /// A gradient that is longer after clipping, or not finite.
  private func wrongRecord(_ clipping: ClippedStep, at step: Int) -> Finding {
    let isFinite = clipping.normAfter.isFinite
    return Finding(
      .wrongRecord, isFinite ? .warning : .failure, layer: "the gradients", step: step,
      measured: clipping.normAfter, threshold: clipping.normBefore,
      source: "‖g‖ after clipping; the limit is ‖g‖ before it",
      statement: isFinite
        ? "clipping has lengthened the gradient from \(figure(clipping.normBefore)) to"
          + " \(figure(clipping.normAfter))"
        : "clipping has made a gradient of length \(figure(clipping.normBefore)) NaN or infinite",
      reason: "Clipping shortens gradients or leaves them as they are.",
      cure: isFinite
        ? "Pass the gradients before clipping as `from:`, and those after it, before anything is"
          + " added to them, as `to:`."
        : "Use `clipGradientNorm`, which neither divides by a zero norm nor overflows.")
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.clipping != nil
  }
}

extension OptimizerState {
  /// Whether the steps do not depend on the scale of the gradient, because they are divided by the
  /// root of its squares: Adam, AdamW, RMSProp, Adagrad.
  fileprivate var ignoresScale: Bool {
    names.contains {
      $0.hasPrefix("exp_avg_sq.") || $0.hasPrefix("square_avg.") || $0.hasPrefix("sum.")
    }
  }
}
