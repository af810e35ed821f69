internal import BackflowKernels

extension UpdateTestRecord {
  private static var source: String {
    "the change of the loss in units of what the gradient predicts; it is 1 for a right gradient"
  }

  /// The update goes uphill: the gradient has the wrong sign everywhere, or the optimizer adds it.
  func ascent(
    _ wrong: [Wrong], _ test: UpdateTest, at step: Int, isFalling: Bool
  ) -> Finding? {
    let isReversed =
      wrong.count == judged.count && !wrong.isEmpty && wrong.allSatisfy { $0.ratio < -0.5 }
      && partRatios.last ?? 0 < 0
    // Momentum may carry a step uphill now and then, but not every one.
    let isUphill = updates >= 5 && 10 * uphill >= 9 * updates && !isFalling
    guard isReversed || isUphill else { return nil }
    let measured = isReversed ? median(of: wrong.map(\.ratio)) : test.predicted
    return Finding(
      .ascent, .failure, layer: isReversed ? test.lossPlace : test.optimizerPlace, step: step,
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
        : "Look at the sign in the optimizer: θ − η g.")
  }

  /// Gradients of some parameters that are not those of the loss.
  func wrongGradient(
    _ wrong: [Wrong], _ test: UpdateTest, at step: Int, _ thresholds: Thresholds
  ) -> Finding? {
    guard let top = wrong.last else { return nil }
    if wrong.count == judged.count, Set(wrong.map(\.layer)).count > 1,
      wrong.allSatisfy({ ($0.ratio / top.ratio - 1).magnitude < thresholds.gradientError })
    {
      return wrongFactor(top.ratio, test, step)
    }
    // The fault is at the highest place: below it, all gradients may be wrong.
    let own = wrong.filter { $0.layer == top.layer }
    let isWholeLayer = own.count > 1 && own.count == judged.count { layerName(of: $0) == top.layer }
    let place = isWholeLayer ? top.layer : top.name
    let below = wrong.filter { $0.layer != top.layer }.map { "\($0.name) by \(figure($0.ratio))" }
    let above = judged.first { layerName(of: $0) != top.layer && isAbove($0, top.name) }
    return Finding(
      .wrongGradient, .failure, layer: place, step: step,
      measured: top.ratio.magnitude < UpdateTest.ParameterRatio.largest ? top.ratio : .infinity,
      threshold: 1,
      source: Self.source,
      statement: "the gradient of \(place) is wrong: \(deviation(top.ratio))"
        + (below.isEmpty ? "" : ", and below it \(below.joined(separator: ", "))")
        + (above.map { "; that of \($0) above is right" } ?? ""),
      reason: "The steps of these parameters do not go down the loss as they should.",
      cure: "Look at the backward pass of \(top.layer)"
        + (above.map {
          ", and at the gradient that \(layerName(of: $0)) and what is between passes down to it"
        }
          ?? " and of the loss")
        + "; check it with `GradientCheck`. If it is frozen on purpose, `silence` it.")
  }

  private func isAbove(_ name: String, _ other: String) -> Bool {
    guard let one = names.firstIndex(of: name), let two = names.firstIndex(of: other) else {
      return false
    }
    return one > two
  }

  private func deviation(_ ratio: Double) -> String {
    ratio.magnitude >= UpdateTest.ParameterRatio.largest
      ? "it is zero, and the loss changes with it"
      : "along it the loss changes \(figure(ratio)) times as much as predicted"
  }

  /// The gradient of everything is wrong by one factor.
  private func wrongFactor(_ ratio: Double, _ test: UpdateTest, _ step: Int) -> Finding {
    Finding(
      .wrongGradient, .failure, layer: test.lossPlace, step: step, measured: ratio, threshold: 1,
      source: Self.source,
      statement: "the gradient of every layer is wrong by the same factor: the loss changes"
        + " \(figure(ratio)) times as much as predicted",
      reason: "The steps are as long as with another learning rate, and a limit of clipping means"
        + " something else.",
      cure: "Look at the reduction of the loss: its gradient has to be divided by the same count.")
  }

  /// Steps that mostly raise the loss of their own batch, although a small part lowers it.
  func longStep(
    _ test: UpdateTest, at step: Int, _ thresholds: Thresholds, _ losses: LossHistory
  ) -> Finding? {
    let last = Array(fullRatios.suffix(5))
    guard last.count >= Self.enough, 2 * last.count(where: { $0 < 0 }) > last.count,
      median(of: Array(partRatios.suffix(5))) > 0
    else { return nil }
    let middle = median(of: last)
    // While the loss falls, some long steps do no harm.
    let isHarmless =
      losses.isFitted || losses.hasFallen && !(median(of: fullRatios) < -1)
    return Finding(
      .longStep, middle < -1 && !isHarmless ? .warning : .note,
      layer: test.optimizerPlace,
      step: step, measured: middle, threshold: 0,
      source: "the median change of the batch's own loss in units of what the gradient predicts;"
        + " below 0 the step raises it",
      statement: "most updates raise the loss of their own batch: in the median it changes by"
        + " \(figure(middle)) of what the gradient predicts, and along a sixteenth of the step by"
        + " \(figure(partRatios.last ?? .nan))"
        + (middle < -1 ? "; the steps are about \(figure(1 - middle)) times too long" : ""),
      reason: "The steps leave the region in which the gradient says anything about the loss.",
      cure: "A smaller learning rate, a warm-up, or clipping by the global norm.",
      patience: thresholds.patience)
  }
}
