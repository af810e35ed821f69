internal import BackflowKernels
internal import BackflowLayers

/// A backward signal that vanishes or explodes from layer to layer, and the kind of layer that
/// causes it.
struct BackwardSignalRule<Scalar: RealScalar>: HealthRule {
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    ([observation.signals] + observation.innerSignals).compactMap { SignalProfile($0) }.flatMap {
      [
        $0.vanishing(at: observation.step, thresholds),
        $0.exploding(at: observation.step, thresholds),
      ].compactMap { $0 }
    }
  }
}

extension SignalProfile {
  func vanishing(at step: Int, _ thresholds: Thresholds) -> Finding? {
    let relative = relativeNorms
    // The lowest layer with too little gradient. Layers below it may get more again.
    guard
      let layer = relative.indices.first(where: { relative[$0] < thresholds.vanished }),
      let top = entries.last
    else { return nil }
    if let end = entries.lastIndex(where: { $0.norm > 0 && $0.factor == 0 }) {
      return blocked(at: end, step: step, thresholds)
    }
    return Finding(
      .vanishingGradient, relative[layer] < thresholds.vanishedFailure ? .failure : .warning,
      layer: entries[layer].layer, step: step, measured: relative[layer],
      threshold: thresholds.vanished,
      source: "the gradient norm relative to the top; five sigmoids leave at most 4⁻⁵",
      statement: "layer \(entries[layer].layer) receives \(figure(relative[layer])) of the gradient"
        + " at layer \(top.layer); \(factors(above: layer))",
      reason: "The lower layers receive so little gradient that they barely change from their"
        + " initial values.",
      cure:
        "ReLU or tanh instead of sigmoid, an initialization that keeps the variance (He, Glorot),"
        + " normalization, or residual connections.")
  }

  /// A layer that passes nothing back: it is named itself, not a layer below that gets no gradient.
  private func blocked(at end: Int, step: Int, _ thresholds: Thresholds) -> Finding {
    let (place, isNonlinearity) = (entries[end].layer, entries[end].kind == .activation)
    return Finding(
      .vanishingGradient, .failure, layer: place, step: step, measured: 0,
      threshold: thresholds.vanished,
      source: "the gradient norm relative to the top; five sigmoids leave at most 4⁻⁵",
      statement:
        "\(place) passes nothing back: the gradient ends there, and the \(end) layers below"
        + " get none",
      reason: isNonlinearity
        ? "All of its units are off, or so far saturated that φ′ rounds to zero, for this batch."
        : "The factor by which it multiplies the gradient is zero.",
      cure: isNonlinearity
        ? "Count with a DeadUnitCensus which of its units are dead; a smaller learning rate, smaller"
          + " weights and biases, a leaky ReLU."
        : "Look at its weights: they may be zero, or masked.")
  }

  func exploding(at step: Int, _ thresholds: Thresholds) -> Finding? {
    let relative = relativeNorms
    guard
      let layer = relative.indices.first(where: { relative[$0] > thresholds.exploded }),
      let top = entries.last
    else { return nil }
    return Finding(
      .explodingGradient, .warning, layer: entries[layer].layer, step: step,
      measured: relative[layer], threshold: thresholds.exploded,
      source: "the gradient norm relative to the top; the inverse of the limit for vanishing",
      statement: "layer \(entries[layer].layer) receives \(figure(relative[layer])) times the"
        + " gradient at layer \(top.layer); \(factors(above: layer))",
      reason: "One learning rate cannot suit layers whose gradients differ so much: the steps"
        + " of the lower ones are too long.",
      cure: "A smaller gain at initialization, normalization, clipping by the global norm.")
  }

  private func factors(above layer: Int) -> String {
    let (weights, activations) = (
      factor(.weight, above: layer), factor(.activation, above: layer)
    )
    let other = factor(.other, above: layer)
    return "in between, \(weights.count) weights multiply it by \(figure(weights.product)) and"
      + " \(activations.count) nonlinearities by \(figure(activations.product))"
      + (other.count > 0 ? ", \(other.count) other layers by \(figure(other.product))" : "")
  }
}
