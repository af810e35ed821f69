internal import BackflowKernels

/// Judges the Taylor tests of updates: wrong gradients, and in which layer; steps uphill; steps that
/// are too long.
///
/// Single ratios scatter where g·Δθ is nearly zero or a ReLU has its kink, so medians over several
/// observations are judged.
struct UpdateTestRule<Scalar: RealScalar>: HealthRule {
  /// The last ratios of the whole update, for a small part and for all of it.
  private var partRatios: [Double] = []
  private var fullRatios: [Double] = []
  /// The last ratios of each layer.
  private var layerRatios: [String: [Double]] = [:]
  /// The layers in the order of their parameters.
  private var layers: [String] = []
  /// The observations in which a layer was tested, whether or not the change stood out.
  private var trials: [String: Int] = [:]

  private static var memory: Int { 9 }
  /// The ratios of a layer before it is judged.
  private static var enough: Int { 3 }

  /// The layers that the next observation tests.
  var testedLayers: TestedLayers {
    if isSuspicious { return .all }
    let known = layers.filter {
      layerRatios[$0, default: []].count >= Self.enough || trials[$0, default: 0] >= 12
    }
    return .some(4, except: Set(known))
  }

  /// Whether a small part of the update does not change the loss as it should.
  private var isSuspicious: Bool {
    let whole = partRatios.suffix(Self.enough)
    return whole.count == Self.enough && (median(of: Array(whole)) - 1).magnitude > 0.05
      || layerRatios.values.contains { ($0.last.map { ($0 - 1).magnitude } ?? 0) > 0.05 }
  }

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard !observation.updateTests.isEmpty else { return [] }
    for test in observation.updateTests {
      if let other = test.otherLoss { return [otherFunction(other, at: observation.step)] }
      remember(test)
    }
    let step = observation.step
    let known = UpdateTest.layers(of: observation.parameters)
    if known != layers { layers = known }
    let wrong = wrongLayers(thresholds)
    if let finding = ascent(wrong, observation, thresholds) { return [finding] }
    if let finding = wrongGradient(wrong, step, thresholds) { return [finding] }
    return [longStep(observation, thresholds)].compactMap { $0 }
  }

  private mutating func remember(_ test: UpdateTest) {
    if let ratio = test.partRatio {
      partRatios = Array((partRatios + [ratio]).suffix(Self.memory))
      if let full = test.fullRatio { fullRatios = Array((fullRatios + [full]).suffix(Self.memory)) }
    }
    for layer in test.layers {
      trials[layer.layer, default: 0] += 1
      guard let ratio = layer.ratio else { continue }
      layerRatios[layer.layer] = Array(
        (layerRatios[layer.layer, default: []] + [ratio]).suffix(Self.memory))
    }
  }

  /// The layers whose ratios are off, with their medians, in the order of the parameters.
  private func wrongLayers(_ thresholds: Thresholds) -> [(layer: String, ratio: Double)] {
    layers.compactMap { layer in
      let ratios = layerRatios[layer, default: []]
      guard ratios.count >= Self.enough else { return nil }
      let middle = median(of: ratios)
      let off = ratios.count { ($0 - 1).magnitude > thresholds.gradientError }
      guard (middle - 1).magnitude > thresholds.gradientError, 3 * off >= 2 * ratios.count else {
        return nil
      }
      return (layer, middle)
    }
  }

  private var judged: [String] {
    layers.filter { layerRatios[$0, default: []].count >= Self.enough }
  }
}

// MARK: - The findings

extension UpdateTestRule {
  private static var source: String {
    "the change of the loss in units of what the gradient predicts; it is 1 for a right gradient"
  }

  /// The update goes uphill: the gradient has the wrong sign everywhere, or the optimizer adds it.
  private func ascent(
    _ wrong: [(layer: String, ratio: Double)], _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding? {
    let isReversed =
      wrong.count == judged.count && wrong.count >= 1
      && wrong.allSatisfy { $0.ratio < -0.5 } && partRatios.last ?? 0 < 0
    let uphill = observation.updateTests.filter { $0.predicted > 0 && $0.partRatio ?? 0 > 0.5 }
    let isUphill = !uphill.isEmpty && uphill.count == observation.updateTests.count
    guard isReversed || isUphill else { return nil }
    let measured = isReversed ? median(of: wrong.map(\.ratio)) : uphill[0].predicted
    return Finding(
      .ascent, .failure, layer: isReversed ? "the loss" : "the optimizer", step: observation.step,
      measured: measured, threshold: isReversed ? 1 : 0,
      source: isReversed ? Self.source : "g·Δθ, the change of the loss that the update promises",
      statement: isReversed
        ? "along the gradient of every layer the loss falls instead of rising: the gradient has the"
          + " wrong sign"
        : "the update goes along the gradient instead of against it: by its own gradient it raises"
          + " the loss by \(figure(measured))",
      reason: "Every step makes the loss larger.",
      cure: isReversed
        ? "Reverse the sign of the gradient of the loss with respect to the output."
        : "Look at the sign in the optimizer: θ − η g.",
      patience: isReversed ? 0 : thresholds.patience)
  }

  /// Gradients of some layers that are not those of the loss.
  private func wrongGradient(
    _ wrong: [(layer: String, ratio: Double)], _ step: Int, _ thresholds: Thresholds
  ) -> Finding? {
    guard let top = wrong.last else { return nil }
    let below = wrong.dropLast().map { "\($0.layer) by \(figure($0.ratio))" }
    let isWhole =
      wrong.count == judged.count && wrong.count > 1
      && wrong.allSatisfy { ($0.ratio / top.ratio - 1).magnitude < thresholds.gradientError }
    if isWhole {
      return Finding(
        .wrongGradient, .failure, layer: "the loss", step: step, measured: top.ratio, threshold: 1,
        source: Self.source,
        statement: "the gradient of every layer is wrong by the same factor: the loss changes"
          + " \(figure(top.ratio)) times as much as predicted",
        reason: "The steps are as long as with another learning rate, and a limit of clipping means"
          + " something else.",
        cure: "Look at the reduction of the loss: its gradient has to be divided by the same count."
      )
    }
    let above = layers.drop(while: { $0 != top.layer }).dropFirst().first(where: judged.contains)
    return Finding(
      .wrongGradient, .failure, layer: top.layer, step: step, measured: top.ratio, threshold: 1,
      source: Self.source,
      statement: "the gradient of \(top.layer) is wrong: along it the loss changes"
        + " \(figure(top.ratio)) times as much as predicted"
        + (below.isEmpty ? "" : ", and below it \(below.joined(separator: ", "))")
        + (above.map { "; that of \($0) above is right" } ?? ""),
      reason: "The steps of these layers do not go down the loss as they should.",
      cure: "Look at the backward pass of \(top.layer)"
        + (above.map { " and of what is between it and \($0)" } ?? " and of the loss")
        + ", and check it with `GradientCheck`.")
  }

  /// Steps that mostly raise the loss of their own batch, although a small part lowers it.
  private func longStep(
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    let last = Array(fullRatios.suffix(5))
    guard last.count >= 3, 2 * last.count(where: { $0 < 0 }) > last.count,
      let ratio = fullRatios.last,
      median(of: Array(partRatios.suffix(5))) > 0
    else { return nil }
    let middle = median(of: last)
    return Finding(
      .longStep, observation.losses.isFitted ? .note : .warning, layer: "the optimizer",
      step: observation.step, measured: middle, threshold: 0,
      source: "the median change of the batch's own loss in units of what the gradient predicts;"
        + " below 0 the step raises it",
      statement: "steps are too long, by a factor of about \(figure(max(1 - middle, 1))): the"
        + " last one changed the loss of its batch by \(figure(ratio)) of what its gradient predicts"
        + ", a sixteenth of it by \(figure(partRatios.last ?? .nan))",
      reason: "The steps leave the region in which the gradient says anything about the loss.",
      cure: "A smaller learning rate, a warm-up, or clipping by the global norm.",
      patience: thresholds.patience)
  }

  /// The function that was given is not the loss of the step.
  private func otherFunction(
    _ loss: (evaluated: Double, recorded: Double), at step: Int
  ) -> Finding {
    Finding(
      .other, .note, layer: "the test of the update", step: step,
      measured: loss.evaluated - loss.recorded, threshold: 0,
      source: "the same batch in the same mode has the same loss",
      statement:
        "the function given to `recordUpdate` has the loss \(figure(loss.evaluated)) at the"
        + " parameters before the update, the step has \(figure(loss.recorded))",
      reason: "The gradient cannot be compared with another function, so it is not tested.",
      cure: "Evaluate the batch of the step, in its mode: the same seed for dropout, training mode"
        + " for batch normalization, and the same weight decay in both.")
  }
}
