internal import BackflowKernels
internal import BackflowLayers
internal import RealModule

/// A backward signal that decays or explodes from time step to time step.
///
/// An explosion is looked for at every observation, in norms that are at hand. The decay needs
/// products of Jacobians: it is measured at the first observation of a cell and at the first one
/// after each `horizonInterval` training steps, and holds in between.
struct RecurrentSignalRule<Scalar: RealScalar>: HealthRule {
  /// The last measurement of each cell.
  private var measured: [String: Measurement] = [:]

  private struct Measurement: Codable {
    let step: Int
    let decay: RecurrentDecay
  }

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.recurrences.compactMap { signal in
      let decay = decay(of: signal, at: observation.step, every: thresholds.horizonInterval)
      let explosion = RecurrentExplosion(
        signal, decay.profile, isClipped: observation.clipping != nil)
      return explosion.finding(in: observation, thresholds)
        ?? decay.finding(at: observation.step, thresholds)
    }
  }

  /// The last measurement, or a new one if it is due.
  private mutating func decay(
    of signal: RecurrentSignal<Scalar>, at step: Int, every interval: Int
  ) -> RecurrentDecay {
    if let last = measured[signal.layer], step - last.step < interval { return last.decay }
    let decay = RecurrentDecay(
      profile: TimeProfile(signal), gate: CarryingGate(signal.cell))
    // Without a gradient there is nothing to hold.
    if decay.profile.steps > 0 {
      measured[signal.layer] = Measurement(step: step, decay: decay)
    }
    return decay
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.recurrences.contains { $0.layer == place }
  }
}

/// The growth of gradients in a recurrent cell.
private struct RecurrentExplosion {
  let layer: String
  let growth: BackwardGrowth?
  let profile: TimeProfile
  let isClipped: Bool

  init<Scalar: RealScalar>(
    _ signal: RecurrentSignal<Scalar>, _ profile: TimeProfile, isClipped: Bool
  ) {
    (layer, self.profile, self.isClipped) = (signal.layer, profile, isClipped)
    growth = BackwardGrowth(signal)
  }

  /// The finding of the norms, or of the last measured product of Jacobians.
  func finding<Scalar: RealScalar>(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    if let growth {
      // Twice what sums of gradients reach that no step has amplified.
      let limit = max(thresholds.exploded, 2 * Double(growth.entries).squareRoot())
      let state =
        growth.state == 0 ? "the initial state" : "the state after \(growth.state) steps"
      if growth.factor > limit {
        return finding(
          observation, thresholds, growth.factor, limit,
          "in \(layer), the gradient that reaches \(state) is \(figure(growth.factor)) times as long as"
            + " the gradients that entered after it",
          source: "‖s̄‖/√Σ‖g‖²; the inverse of the limit for vanishing")
      }
    }
    guard profile.highestLogAttenuation > .log(thresholds.exploded) else { return nil }
    let factor = Double.exp(profile.highestLogAttenuation)
    return finding(
      observation, thresholds, factor, thresholds.exploded,
      "\(layer) multiplies a gradient of the last step by up to \(figure(factor)) on its way over"
        + " \(profile.steps) steps back; \(profile.factors)",
      source: "the product of the Jacobians; the inverse of the limit for vanishing")
  }

  private func finding<Scalar: RealScalar>(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds, _ measured: Double,
    _ limit: Double, _ statement: String, source: String
  ) -> Finding {
    let weight = "`SpectralNormProjection` after each update"
    let gated = profile.weightFactor == nil ? "" : "; a gated cell instead of a vanilla one"
    return Finding(
      .explodingGradient, observation.losses.hasFallen ? .note : .warning, layer: layer,
      step: observation.step, measured: measured, threshold: limit, source: source,
      statement: statement,
      reason: "The earliest steps dominate the gradient, and one update can undo the training.",
      cure: (isClipped ? "A smaller learning rate, " : "Clipping by the global norm, ") + weight
        + gated + ".")
  }
}
