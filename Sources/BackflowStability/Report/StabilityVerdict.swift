internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

extension StabilityVerdict {
  /// The verdict of a cell: what its weights allow, and what was measured.
  init(
    _ equations: CellEquations, weights: MatrixAnalysis?, bounds: ContractionReport?,
    jacobian: MatrixAnalysis?, _ trajectory: TrajectoryStability, end: SampleRun? = nil
  ) {
    let (label, reason) =
      if case .leaky(_, leak: 1) = equations, let verdict = weights?.spectrum.verdict,
        let explanation = weights?.spectrum.explanation
      {
        (verdict, explanation)
      } else {
        StabilityVerdict.ofStateMap(bounds, jacobian, trajectory)
      }
    self.label = label
    var reasons = [reason]
    if let slope = trajectory.measuredSlope, let sigma = weights?.spectrum.largestSingularValue,
      label != .mustVanish, case .leaky(_, let leak) = equations, 1 - leak + slope * sigma < 1
    {
      reasons.append(
        "On this trajectory the slope of the nonlinearity is at most"
          + " \((slope / leak).text(significantDigits: 3)), with which every step back shortens the"
          + " gradient.")
    }
    if let end = end?.sentence { reasons.append(end) }
    reasons.append(StabilityVerdict.measurement(label, trajectory))
    reasons += StabilityVerdict.disagreements(trajectory)
    self.reasons = reasons
  }

  /// The verdict from bounds of the Jacobian of the whole state map, and from one Jacobian.
  private static func ofStateMap(
    _ bounds: ContractionReport?, _ jacobian: MatrixAnalysis?, _ trajectory: TrajectoryStability
  ) -> (Verdict, String) {
    if let bounds, bounds.mustVanish {
      return (.mustVanish, bounds.contractionSentence)
    }
    let bound = bounds.map {
      "No condition on the weights proves that gradients vanish; the Euclidean norm of a Jacobian is"
        + " at most \($0.euclideanNormBound.text(significantDigits: 3))."
    }
    let reason = bound ?? "The library has no bounds for the equations of this cell."
    // Growth that was measured is possible, whatever the size of the state.
    if trajectory.sign > 0 {
      return (.mayExplode, reason + " Growth was measured, so it is possible.")
    }
    guard let radius = jacobian?.spectrum.spectralRadiusBounds.lowerBound, radius > 1 else {
      return (.undecided, reason)
    }
    return (
      .undecided,
      reason + " At the last state of the trajectory the Jacobian has a spectral radius of"
        + " \(radius.text(significantDigits: 4)), so that growth would compound if the state stayed"
        + " there."
    )
  }

  /// What was measured, set against the label.
  private static func measurement(_ label: Verdict, _ trajectory: TrajectoryStability) -> String {
    let (rate, error) = (trajectory.largest, trajectory.standardErrors.first ?? .nan)
    let factor = Double.exp(rate).text(significantDigits: abs(rate) < 0.05 ? 5 : 3)
    let measured = "(λ₁ = \(figure(rate, standardError: error)) nats per step)"
    let allowed =
      label == .mayExplode ? "The weights allow growth; on this trajectory" : "On this trajectory"
    if rate == -.infinity { return allowed + " a gradient vanishes exactly \(measured)." }
    let isShort = !(2 / Double(trajectory.first.steps) < abs(rate))
    if !error.isFinite || (trajectory.sign == 0 && isShort) {
      return "The trajectory is too short to tell whether a gradient grows or shrinks \(measured)."
    }
    if trajectory.sign == 0 {
      return allowed + " the rate of a gradient cannot be told from zero \(measured)."
    }
    return rate < 0
      ? allowed + " a gradient shrinks by a factor of \(factor) a step \(measured)."
      : "On this trajectory a gradient grows by a factor of \(factor) a step \(measured), and nearby"
        + " states separate."
  }

  /// Sentences about checks that failed.
  private static func disagreements(_ trajectory: TrajectoryStability) -> [String] {
    func text(_ value: Double) -> String { figure(value) }
    var sentences: [String] = []
    if !trajectory.agreesWithTwoTrajectories {
      sentences.append(
        "The rate of the Jacobians, \(text(trajectory.leadingRate)), differs from that of two nearby"
          + " trajectories, \(text(trajectory.twoTrajectoryRate)): the Jacobians do not describe the"
          + " steps near this trajectory, as at a kink of ReLU.")
    }
    if !trajectory.agreesWithBackwardPass {
      sentences.append(
        "The rate of the Jacobians, \(text(trajectory.leadingRate)), differs from that of the"
          + " backward pass, \(text(trajectory.backwardRate)): the backward pass of the cell or its"
          + " linearization is wrong.")
    }
    if trajectory.agreesWithDeterminants == false {
      sentences.append(
        "The sum of all exponents differs from the mean of ln |det J| by"
          + " \(text(trajectory.sumRuleError ?? .nan)): the Jacobians are close to singular, so that"
          + " the last exponents are not reliable, or the products with a Jacobian are wrong.")
    }
    return sentences
  }
}

extension SampleRun {
  /// Why the run ended before the sample, in a sentence, or `nil` if it did not.
  fileprivate var sentence: String? {
    let limit = SampleRun.limit.text(significantDigits: 1)
    let after = "after \(steps) step\(steps == 1 ? "" : "s")"
    return switch divergence {
    case .state: "The state itself grows without bound: it exceeds \(limit) \(after)."
    case .input: "The input of this layer exceeds \(limit) \(after); later steps are not analyzed."
    case nil: nil
    }
  }
}

extension ContractionReport {
  /// What a condition that holds says, with the states and inputs for which it holds.
  fileprivate var contractionSentence: String {
    let input = inputBound.map {
      "For every input of at most \($0.text(significantDigits: 4)) in absolute value, as on this"
        + " trajectory, and all states within the bounds that the conditions assume, the"
    }
    return (input ?? "The")
      + " weights satisfy a condition of contraction: in one norm every step back shortens the"
      + " gradient, so it vanishes exponentially."
  }
}
