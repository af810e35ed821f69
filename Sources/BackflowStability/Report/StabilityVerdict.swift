internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import RealModule

extension StabilityVerdict {
  /// The verdict of a cell: what its weights allow, and what was measured.
  init(
    _ equations: CellEquations, weights: MatrixAnalysis?, bounds: ContractionReport?,
    jacobian: MatrixAnalysis?, _ trajectory: TrajectoryStability, divergesAfter steps: Int? = nil
  ) {
    let (label, reason) =
      if case .leaky(_, leak: 1) = equations, let spectrum = weights?.spectrum {
        (spectrum.verdict, spectrum.explanation)
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
    if let steps {
      reasons.append(
        "The state itself grows without bound: it exceeds 1e100 after \(steps) steps.")
    }
    reasons.append(StabilityVerdict.measurement(label, trajectory))
    reasons += StabilityVerdict.disagreements(trajectory)
    self.reasons = reasons
  }

  /// The verdict from bounds of the Jacobian of the whole state map, and from one Jacobian.
  private static func ofStateMap(
    _ bounds: ContractionReport?, _ jacobian: MatrixAnalysis?, _ trajectory: TrajectoryStability
  ) -> (Verdict, String) {
    if let bounds, bounds.mustVanish {
      return (
        .mustVanish,
        "The weights satisfy a condition of contraction: in one norm every step back shortens the"
          + " gradient, so it vanishes exponentially."
      )
    }
    let bound = bounds.map {
      "No condition on the weights proves that gradients vanish; the largest possible norm of a"
        + " Jacobian is \($0.euclideanNormBound.text(significantDigits: 3))."
    }
    if let radius = jacobian?.spectrum.spectralRadiusBounds.lowerBound, radius > 1 {
      return (
        .mayExplode,
        (bound.map { $0 + " " } ?? "")
          + "At the last state of the trajectory the Jacobian has a spectral radius of"
          + " \(radius.text(significantDigits: 4)), so that growth can compound."
      )
    }
    // Growth that was measured is possible, whatever the size of the state.
    let error = trajectory.standardErrors.first ?? .nan
    return (
      trajectory.largest > 3 * error ? .mayExplode : .undecided,
      bound ?? "The library has no bounds for the equations of this cell."
    )
  }

  /// What was measured, set against the label.
  private static func measurement(_ label: Verdict, _ trajectory: TrajectoryStability) -> String {
    let (rate, error) = (trajectory.largest, trajectory.standardErrors.first ?? .nan)
    let factor = Double.exp(rate).text(significantDigits: 3)
    let figure =
      "(λ₁ = \(rate.text(significantDigits: 3))"
      + (error.isFinite ? " ± \(error.text(significantDigits: 1))" : "") + " nats per step)"
    let allowed =
      label == .mayExplode ? "The weights allow growth; on this trajectory" : "On this trajectory"
    if rate == -.infinity { return allowed + " a gradient vanishes exactly \(figure)." }
    guard error.isFinite else {
      return "The trajectory is too short to tell whether a gradient grows or shrinks \(figure)."
    }
    if abs(rate) <= 3 * error {
      return allowed + " a gradient neither grows nor shrinks \(figure)."
    }
    return rate < 0
      ? allowed + " a gradient shrinks by a factor of \(factor) a step \(figure)."
      : "On this trajectory a gradient grows by a factor of \(factor) a step \(figure), and nearby"
        + " states separate."
  }

  /// Sentences about checks that failed.
  private static func disagreements(_ trajectory: TrajectoryStability) -> [String] {
    func text(_ value: Double) -> String { value.text(significantDigits: 4) }
    var sentences: [String] = []
    if !trajectory.agreesWithTwoTrajectories {
      sentences.append(
        "λ₁ differs from the rate of two nearby trajectories, \(text(trajectory.twoTrajectoryRate)),"
          + " by more than \(text(trajectory.rateTolerance)): the exponents have not converged.")
    }
    if !trajectory.agreesWithBackwardPass {
      sentences.append(
        "λ₁ differs from the rate of the backward pass, \(text(trajectory.backwardRate)), by more"
          + " than \(text(trajectory.rateTolerance)): "
          + (trajectory.agreesWithTwoTrajectories
            ? "the backward pass of the cell is wrong, or the trajectory is too short."
            : "the exponents have not converged."))
    }
    return sentences
  }
}
