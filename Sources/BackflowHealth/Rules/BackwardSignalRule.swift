internal import BackflowKernels
internal import BackflowLayers

/// A backward signal that vanishes or explodes from layer to layer, and the kind of layer that
/// causes it. While the loss falls, it is a note: an optimizer that divides by the size of the
/// gradient, as Adam does, trains such a network.
struct BackwardSignalRule<Scalar: RealScalar>: HealthRule {
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    var found = findings(observation.signals, in: observation, thresholds)
    for chain in observation.innerSignals {
      found += findings(chain, in: observation, thresholds)
    }
    return found
  }

  private func findings(
    _ signals: [LayerSignal<Scalar>], in observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> [Finding] {
    // Most profiles have nothing to tell, and need not be built.
    guard let top = signals.last?.outputNorm,
      signals.contains(where: {
        $0.outputNorm / top < thresholds.vanished || $0.outputNorm / top > thresholds.exploded
      }), let profile = SignalProfile(signals)
    else { return [] }
    return [
      profile.vanishing(in: observation, thresholds),
      profile.exploding(in: observation, thresholds),
    ].compactMap { $0 }
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    ([observation.signals] + observation.innerSignals).contains { chain in
      chain.contains { $0.layer == place }
    }
  }
}

extension SignalProfile {
  func vanishing<Scalar: RealScalar>(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    let relative = relativeNorms
    // The lowest layer with too little gradient. Layers below it may get more again.
    guard
      let layer = relative.indices.first(where: { relative[$0] < thresholds.vanished }),
      let top = entries.last
    else { return nil }
    if let end = entries.lastIndex(where: { $0.norm > 0 && $0.factor == 0 }) {
      return blocked(at: end, observation, thresholds)
    }
    let isFailure = relative[layer] < thresholds.vanishedFailure
    return Finding(
      .vanishingGradient,
      observation.losses.hasFallen ? .note : isFailure ? .failure : .warning,
      layer: entries[layer].layer, step: observation.step, measured: relative[layer],
      threshold: thresholds.vanished,
      source: "the gradient norm relative to the top; five sigmoids leave at most 4⁻⁵",
      statement: "\(entries[layer].title) receives \(figure(relative[layer])) of the gradient"
        + " at \(top.title); \(factors(above: layer))",
      reason: "The lower layers receive so little gradient that they barely change from their"
        + " initial values.",
      cure: (factor(.activation, above: layer).product < factor(.weight, above: layer).product
        ? "ReLU or tanh instead of sigmoid, an" : "An")
        + " initialization that keeps the variance (He, Glorot), normalization, or residual"
        + " connections.",
      patience: observation.patience(isFailure ? 0 : 5 * thresholds.patience))
  }

  /// A layer that passes nothing back: it is named itself, not a layer below that gets no gradient.
  /// Without a layer to train below it, nothing is missed.
  private func blocked<Scalar: RealScalar>(
    at end: Int, _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    guard entries[..<end].contains(where: { $0.kind != .activation }) else { return nil }
    let isNonlinearity = entries[end].kind == .activation
    return Finding(
      .vanishingGradient, .failure, layer: entries[end].layer, step: observation.step, measured: 0,
      threshold: thresholds.vanished,
      source: "the gradient norm relative to the top; five sigmoids leave at most 4⁻⁵",
      statement:
        "\(entries[end].title) passes nothing back: the gradient ends there, and"
        + " \(end == 1 ? "the layer below gets" : "the \(end) layers below get") none",
      reason: isNonlinearity
        ? "All of its units are off, or so far saturated that φ′ rounds to zero, for this batch."
        : "The factor by which it multiplies the gradient is zero.",
      cure: isNonlinearity
        ? "Count with a DeadUnitCensus which of its units are dead; a smaller learning rate, smaller"
          + " weights and biases, a leaky ReLU."
        : "Look at its weights: they may be zero, or masked.",
      patience: observation.patience(thresholds.patience))
  }

  func exploding<Scalar: RealScalar>(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    let relative = relativeNorms
    guard
      let layer = relative.indices.first(where: { relative[$0] > thresholds.exploded }),
      let top = entries.last
    else { return nil }
    return Finding(
      .explodingGradient, observation.losses.hasFallen ? .note : .warning,
      layer: entries[layer].layer, step: observation.step,
      measured: relative[layer], threshold: thresholds.exploded,
      source: "the gradient norm relative to the top; the inverse of the limit for vanishing",
      statement: "\(entries[layer].title) receives \(figure(relative[layer])) times the"
        + " gradient at \(top.title); \(factors(above: layer))",
      reason: "One learning rate cannot suit layers whose gradients differ so much: the steps"
        + " of the lower ones are too long.",
      cure: "A smaller gain at initialization, normalization, clipping by the global norm.")
  }

  private func factors(above layer: Int) -> String {
    let (weights, activations) = (
      factor(.weight, above: layer), factor(.activation, above: layer)
    )
    let other = factor(.other, above: layer)
    func many(_ count: Int, _ one: String, _ several: String) -> String {
      "\(count) \(count == 1 ? one : several)"
    }
    return "in between, \(many(weights.count, "weight multiplies", "weights multiply")) it by"
      + " \(figure(weights.product)) and"
      + " \(many(activations.count, "nonlinearity", "nonlinearities")) by"
      + " \(figure(activations.product))"
      + (other.count > 0
        ? ", \(many(other.count, "other layer", "other layers")) by \(figure(other.product))" : "")
  }
}

extension SignalProfile.Entry {
  /// The layer with its type: "2 (Dense)".
  fileprivate var title: String { titled(layer, type) }
}
