internal import BackflowKernels
internal import RealModule

/// The decay of a gradient in a recurrent cell, and what carries it.
struct RecurrentDecay: Sendable, Codable {
  let profile: TimeProfile
  let gate: CarryingGate?

  /// A note if less than the share `vanished` is left anywhere. It is a property of the recurrence
  /// and no defect: the task may need no more steps.
  func finding(at step: Int, _ thresholds: Thresholds) -> Finding? {
    let share = thresholds.vanished
    guard let horizon = profile.horizon(share) else { return nil }
    return Finding(
      .vanishingGradient, .note, layer: profile.layer, step: step,
      measured: .exp(profile.lowestLogAttenuation), threshold: share,
      source: "the least that is left of a gradient of the last step, by the Jacobians of"
        + " \(profile.samples) \(profile.samples == 1 ? "sample" : "samples"); the limit is that for"
        + " layers",
      statement: "the gradient horizon of \(profile.layer) is \(horizon) steps: at the initial"
        + " state, \(profile.steps) steps back, \(figure(.exp(profile.logAttenuation))) is left of"
        + " a gradient that enters at the last step; \(profile.factors)",
      reason: "An error at one step changes the network by what happened in about \(horizon) steps"
        + " before it, and hardly by anything earlier.",
      cure: cure(share))
  }

  private func cure(_ share: Double) -> String {
    guard let gate else {
      guard let weight = profile.weightFactor else {
        return "A connection that skips steps, or shorter sequences."
      }
      // The weight is to blame if it makes at least half of the decay, in logarithms.
      return weight * weight <= profile.laterFactor
        ? "A gated cell, or an orthogonal recurrent weight: this one multiplies a gradient by"
          + " \(figure(weight)) a step."
        : "A gated cell, or smaller inputs: it is the slopes of the nonlinearity that shorten the"
          + " gradient, while the recurrent weight multiplies it by \(figure(weight)) a step."
    }
    let steps = Double(profile.steps)
    let (what, isShut) = (
      gate.name.map { "the \($0) gates" }, steps * .log(gate.mean) < .log(share)
    )
    guard isShut, steps > 2 else {
      return "\(what.map { "\($0) are open" } ?? "the leak is small") (\(figure(gate.mean)) of the"
        + " state is carried in a step, on average), so that it takes a connection that skips steps,"
        + " or shorter sequences."
    }
    guard let what else {
      return
        "A leak of at most 1/\(profile.steps), or a gated cell: now \(figure(gate.mean)) of the"
        + " state is carried in a step."
    }
    return "A larger bias of \(what), which carry \(figure(gate.mean)) of the state in a step, on"
      + " average: ln(T − 1) = \(figure(.log(steps - 1))) opens them for \(profile.steps) steps"
      + " (Tallec and Ollivier, 2018)."
  }
}

extension TimeProfile {
  /// "× 0.12 at the first step back, × 0.86 at each step after it"
  var factors: String {
    "× \(figure(firstFactor)) at the first step back"
      + (steps > 1 ? ", × \(figure(laterFactor)) at each step after it" : "")
  }
}
