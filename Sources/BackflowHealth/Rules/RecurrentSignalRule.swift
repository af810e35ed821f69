internal import BackflowKernels
internal import RealModule

/// A backward signal that vanishes or explodes from time step to time step.
struct RecurrentSignalRule<Scalar: RealScalar>: HealthRule {
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.recurrences.compactMap {
      TimeProfile($0).finding(at: observation.step, thresholds)
    }
  }
}

extension TimeProfile {
  func finding(at step: Int, _ thresholds: Thresholds) -> Finding? {
    let steps = logFactors.count
    if let horizon = horizon(thresholds.vanished) {
      let least = Double.exp(lowestLogAttenuation)
      return Finding(
        .vanishingGradient, least < thresholds.vanishedFailure ? .failure : .warning, layer: layer,
        step: step, measured: least, threshold: thresholds.vanished,
        source: "the smallest gradient norm at any step, relative to the last step; the limit is"
          + " that for layers",
        statement: "in \(layer), less than \(figure(thresholds.vanished)) of the gradient is left"
          + " after \(horizon) of \(steps) steps back; \(split)",
        reason: "What the network did before that does not influence what it learns.",
        cure: "An LSTM or GRU with a forget bias of 1 or more, an orthogonal or identity recurrent"
          + " weight, shorter sequences.")
    }
    guard logAttenuation > .log(thresholds.exploded) else { return nil }
    return Finding(
      .explodingGradient, .warning, layer: layer, step: step, measured: .exp(logAttenuation),
      threshold: thresholds.exploded,
      source: "the gradient norm relative to the last step; the inverse of the limit for vanishing",
      statement: "\(layer) multiplies a gradient by \(figure(.exp(logAttenuation))) over the"
        + " \(steps) steps that it reaches, \(split)",
      reason:
        "The earliest steps dominate the gradient, and one update can undo the training.",
      cure: "Clipping by the global norm, a recurrent weight of spectral radius 1 or less; a gated"
        + " cell instead of a vanilla one."
    )
  }

  private var split: String {
    let rest = restFactor.map {
      "the nonlinearity × \(figure(activationFactor)), the rest (the recurrent weight and what"
        + " bypasses it) × \(figure($0))"
    }
    return "\(figure(factorPerStep)) a step: " + (rest ?? "the nonlinearity passes no gradient")
  }
}
