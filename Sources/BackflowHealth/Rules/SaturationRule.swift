internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// Saturated units, judged by the derivative: unit i is saturated for a sample where φ′(a)/max φ′
/// is below a threshold, on the low or on the high side of its nonlinearity, over all samples and
/// time steps.
struct SaturationRule<Scalar: RealScalar>: HealthRule {
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    let activations = observation.activations.span
    var index = activations.indices.lowerBound
    // Rectified units do not saturate.
    while index < activations.count, activations[index].activation.nonlinearity == .relu {
      index += 1
    }
    guard index < activations.count else { return [] }
    return Saturation.all(of: observation.activations, slope: thresholds.saturatedSlope).compactMap
    {
      $0.finding(
        at: observation.step, thresholds, patience: observation.patience(thresholds.patience),
        observation.losses)
    }
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.activations.contains { $0.layer == place }
  }
}

extension Saturation {
  func finding(at step: Int, _ thresholds: Thresholds, patience: Int, _ losses: LossHistory)
    -> Finding?
  {
    let (low, high) = (stuckLow(thresholds.stuckShare), stuckHigh(thresholds.stuckShare))
    if share > thresholds.saturatedShare {
      let severity = severity(thresholds, losses)
      // The code of an autoencoder may be of a few units that all are at their limits for a while.
      let isSmall = losses.count > 0 && self.low.count < Self.fewUnits
      return finding(
        severity, isSmall ? 6 * patience : severity == .failure ? 0 : patience,
        lowShare >= highShare ? .low : .high, low,
        high, step, measured: share, threshold: thresholds.saturatedShare,
        source: "share at φ′ < \(figure(slope)) max φ′; half is what SageMaker Debugger and"
          + " DeepDiagnosis allow")
    }
    let stuckShare = unitShare(low.count > high.count ? low : high)
    guard gate != nil, stuckShare >= thresholds.stuckGateShare else { return nil }
    return finding(
      .note, patience, low.count >= high.count ? .low : .high, low, high, step,
      measured: stuckShare,
      threshold: thresholds.stuckGateShare,
      source: "share of the gate's units that are stuck on one side; a quarter or more")
  }

  /// A network that has fitted its data may be saturated where it is certain, and one whose loss
  /// falls learns in spite of some saturation.
  private func severity(_ thresholds: Thresholds, _ losses: LossHistory) -> Finding.Severity {
    if losses.isFitted || losses.hasFallen && low.count < Self.fewUnits { return .note }
    if gate == nil, share > thresholds.saturatedFailure { return .failure }
    return losses.hasFallen && share <= thresholds.saturatedFallingShare ? .note : .warning
  }

  private static var fewUnits: Int { 8 }

  private func finding(
    _ severity: Finding.Severity, _ patience: Int, _ side: Finding.Side, _ low: [Int],
    _ high: [Int], _ step: Int,
    measured: Double, threshold: Double, source: String
  ) -> Finding {
    Finding(
      .saturation, severity, layer: layer, gate: gate, side: side,
      units: side == .low ? low : high, step: step, measured: measured, threshold: threshold,
      source: source, statement: statement(low, high),
      reason:
        "A saturated \(nonlinearity.rawValue) passes less than \(percentage(slope)) of the gradient"
        + " that it could, so what lies below it learns next to nothing.",
      cure: cure(side), patience: patience)
  }

  private func cure(_ side: Finding.Side) -> String {
    if gate == nil {
      return
        "Smaller initial weights (Glorot, or LeCun for tanh), inputs of unit variance, batch or"
        + " layer normalization before the nonlinearity."
    }
    if nonlinearity == .tanh { return "A smaller learning rate or gain, gradient clipping." }
    return "A smaller learning rate or gain, a bias that "
      + (side == .low ? "opens the gate" : "lets the gate close") + ", gradient clipping."
  }

  private func statement(_ low: [Int], _ high: [Int]) -> String {
    let place = gate.map { "the \($0) gate of \(layer)" } ?? titled(layer, type)
    // A candidate is a tanh: it is not closed, but −1.
    let (below, above) = gate == nil || nonlinearity == .tanh ? ("low", "high") : ("closed", "open")
    return "\(place): \(percentage(share)) of its outputs are saturated (\(percentage(lowShare))"
      + " \(below), \(percentage(highShare)) \(above)); \(percentage(unitShare(low))) of its units"
      + " are stuck \(below), \(percentage(unitShare(high))) stuck \(above), for nearly every sample"
  }

  private func unitShare(_ units: [Int]) -> Double { Double(units.count) / Double(low.count) }
}
