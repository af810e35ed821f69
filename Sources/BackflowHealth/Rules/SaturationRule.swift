internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Saturated units, by the derivative: unit i is saturated for a sample where φ′(a)/max φ′ is below
/// a threshold, on the low or on the high side of its nonlinearity, over all samples and time steps.
struct SaturationRule<Scalar: RealScalar>: Rule {
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.activations.compactMap { activation in
      Saturation(activation, slope: thresholds.saturatedSlope).flatMap {
        $0.finding(at: observation.step, thresholds)
      }
    }
  }
}

extension Saturation {
  func finding(at step: Int, _ thresholds: Thresholds) -> Finding? {
    let stuck = stuckUnits(thresholds.stuckShare)
    let stuckShare = Double(stuck.count) / Double(low.count)
    let measured = max(share, stuckShare)
    guard measured > thresholds.saturatedShare else { return nil }
    let place = gate.map { "the \($0) gate of \(layer)" } ?? layer
    return Finding(
      .saturation, gate == nil && share > 0.9 ? .failure : .warning, layer: layer, gate: gate,
      units: stuck, step: step, measured: measured, threshold: thresholds.saturatedShare,
      source: "share at φ′ < \(figure(slope)) max φ′, or of units stuck; half is what SageMaker"
        + " Debugger and DeepDiagnosis allow",
      statement: statement(place, stuckShare),
      reason:
        "A saturated \(function.rawValue) passes less than \(percentage(slope)) of the gradient"
        + " that it could, so what lies below it learns next to nothing.",
      cure: gate == nil
        ? "Smaller initial weights (Glorot, or LeCun for tanh), inputs of unit variance, batch or"
          + " layer normalisation before the nonlinearity."
        : "A smaller learning rate or gain, a bias that opens the gate, gradient clipping.")
  }

  private func statement(_ place: String, _ stuckShare: Double) -> String {
    let (closed, open) = gate == nil ? ("low", "high") : ("shut", "open")
    return "\(place): \(percentage(share)) of its outputs are saturated (\(percentage(lowShare))"
      + " \(closed), \(percentage(highShare)) \(open)); \(percentage(stuckShare)) of its units are"
      + " so for nearly every sample"
  }
}
