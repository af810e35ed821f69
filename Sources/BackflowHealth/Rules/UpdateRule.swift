internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Steps that move a parameter too far, hardly or not at all, and weights that grow or shrink
/// beyond measure, compared with their own past.
///
/// Only weights are checked for steps that are too long, as in makemore: a bias starts at zero, and
/// its first steps are longer than it is.
struct UpdateRule<Scalar: RealScalar>: HealthRule {
  /// What is remembered of a parameter.
  private struct Past: Codable {
    /// The name of the parameter.
    let name: String
    /// ‖θ‖ when it was first seen, for a weight at least that of a random one.
    let start: Double
    let firstStep: Int
    /// Whether it was fast enough once. A learning rate that decreases to zero is a schedule, not a
    /// defect.
    var hasPaced = false
    /// Whether it changed once. One that no longer changes may have been frozen, or its schedule
    /// has ended.
    var hasMoved = false
    /// ‖θ‖ when it was first seen.
    let norm: Double
    /// The sum of ‖Δθ‖/‖θ‖ so far, in which an observed step stands for those since the last one.
    var way = 0.0
    var lastStep: Int
  }

  /// In the order in which the parameters were first seen, which is that of later steps as well.
  private var pasts: [Past] = []

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    var found: [Finding] = []
    // Read in place, because a copy of a parameter takes references to its tensors.
    let parameters = observation.parameters.span
    for index in parameters.indices {
      if let finding = finding(parameters[index], at: index, observation, thresholds) {
        found.append(finding)
      }
    }
    return nothingMoves(in: observation, found, thresholds).map { [$0] } ?? found
  }

  /// One finding in place of one for each parameter, if none of them changes.
  private func nothingMoves(
    in observation: StepObservation<Scalar>, _ found: [Finding], _ thresholds: Thresholds
  ) -> Finding? {
    let still = found.filter { $0.kind == .unchangedParameter && $0.severity == .failure }
    guard still.count > 1,
      observation.parameters.allSatisfy({ $0.change?.moved == 0 || $0.value.isEmpty })
    else { return nil }
    return Finding(
      .unchangedParameter, .failure, layer: "the optimizer", step: observation.step, measured: 0,
      threshold: 0,
      source: "every element the same after the step, for \(thresholds.patience) steps",
      statement: "no parameter changes, although \(still.count) of them have gradients",
      reason: "Nothing is learned.",
      cure:
        "Make sure that the optimizer updates the model that is trained, that its learning rate is"
        + " not zero, and that the model for `from:` is copied before the update.",
      patience: thresholds.patience)
  }

  private mutating func finding(
    _ parameter: ObservedParameter<Scalar>, at index: Int, _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding? {
    guard let change = parameter.change, change.moved.isFinite else { return nil }
    let place = place(of: parameter, at: index, change.length, observation.step)
    let ratio = change.length > 0 ? change.moved / change.length : .infinity
    if change.moved > 0 {
      pasts[place].hasMoved = true
      if ratio >= Self.shortUpdate(thresholds) { pasts[place].hasPaced = true }
    }
    pasts[place].way += min(ratio, 1) * Double(observation.step - pasts[place].lastStep)
    pasts[place].lastStep = observation.step
    let past = pasts[place]
    return grown(parameter, past, observation, thresholds)
      ?? still(parameter, past, observation, thresholds)
      ?? short(parameter, ratio, past, observation, thresholds)
      ?? long(parameter, observation, thresholds)
      ?? shrunk(parameter, past, observation, thresholds)
  }

  /// The place of what is remembered of a parameter, which is usually its index.
  private mutating func place(
    of parameter: ObservedParameter<Scalar>, at index: Int, _ norm: Double, _ step: Int
  ) -> Int {
    if index < pasts.count, pasts[index].name == parameter.name { return index }
    if let place = pasts.firstIndex(where: { $0.name == parameter.name }) { return place }
    pasts.append(
      Past(
        name: parameter.name, start: parameter.scale, firstStep: step, norm: norm, lastStep: step))
    return pasts.count - 1
  }

  /// The limit below which a step is short: that of the thresholds, or the precision, below which
  /// most elements do not change at all.
  private static func shortUpdate(_ thresholds: Thresholds) -> Double {
    max(thresholds.shortUpdate, Double(Scalar.ulpOfOne))
  }

  func examines(_ place: String, in observation: StepObservation<Scalar>) -> Bool {
    observation.parameters.contains {
      $0.change != nil && ($0.name == place || place == "the optimizer")
    }
  }
}

extension UpdateRule {
  /// A parameter that does not change, although it has a gradient; or a weight without one.
  private func still(
    _ parameter: ObservedParameter<Scalar>, _ past: Past, _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding? {
    guard parameter.change?.moved == 0 else { return nil }
    let hasGradient = parameter.gradientNorm.map { $0 > 0 } ?? true
    // A bias under normalization has no gradient in theory, and needs none.
    guard hasGradient || parameter.isWeight else { return nil }
    // A weight that the loss does not depend on is a waste, but no harm where the loss falls.
    let isDone =
      past.hasMoved || observation.losses.isFitted
      || !hasGradient && observation.losses.hasFallen
    return Finding(
      .unchangedParameter, isDone ? .note : .failure, layer: parameter.name,
      step: observation.step, measured: 0, threshold: 0,
      source: "every element the same after the step, for \(thresholds.patience) steps",
      statement: "\(parameter.name) does not change at all"
        + (past.hasMoved ? " any more" : "")
        + (parameter.gradient == nil
          ? "" : hasGradient ? ", although it has a gradient" : ": its gradient is zero"),
      reason: isDone
        ? "It does not learn, which is fine if it was frozen, if it is fitted, if the loss does not"
          + " depend on it, or if the learning rate has decreased to zero."
        : "It takes no part in learning.",
      cure: hasGradient
        ? "Make sure that the optimizer visits it, and that its steps are not lost in rounding;"
          + " if it is frozen on purpose, `silence` it."
        : "Find out where its gradient ends: a branch that is not used, dead units above it.",
      patience: thresholds.patience)
  }

  /// A step below what learns anything, or below the precision.
  private func short(
    _ parameter: ObservedParameter<Scalar>, _ ratio: Double, _ past: Past,
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding? {
    let limit = Self.shortUpdate(thresholds)
    if ratio < limit {
      guard parameter.change?.moved ?? 0 > 0, !past.hasPaced, !observation.losses.isFitted else {
        return nil
      }
      return Finding(
        .shortUpdate, .warning, layer: parameter.name, step: observation.step, measured: ratio,
        threshold: limit,
        source: "‖Δθ‖/‖θ‖; SageMaker Debugger's lower limit, and the precision of the elements",
        statement: "a step changes \(parameter.name) by \(figure(ratio)) of its length",
        reason: "At this pace it does not learn; most of the step is lost in rounding.",
        cure: "A larger learning rate, smaller initial weights, or look for a vanishing gradient"
          + " above it.",
        patience: thresholds.patience)
    }
    // Slow steps are the cause if the loss is still that of a constant guess.
    let steps = observation.step - past.firstStep
    guard parameter.isWeight, steps >= 10 * thresholds.patience,
      let guess = observation.losses.constantLoss, let level = observation.losses.level,
      level > 0.9 * guess, past.way < Self.path
    else { return nil }
    return Finding(
      .shortUpdate, .warning, layer: parameter.name, step: observation.step,
      measured: past.way, threshold: Self.path,
      source: "the sum of ‖Δθ‖/‖θ‖ over all steps so far",
      statement: "\(steps) steps have moved \(parameter.name) by at most"
        + " \(percentage(past.way)) of its length, and the loss has not fallen",
      reason: "The steps are too small to change the loss.",
      cure: "A larger learning rate; with SGD, look for a gradient that is scaled down or clipped.",
      patience: thresholds.patience, measure: "way")
  }

  /// The smallest sum of updates, in units of ‖θ‖, of a training that learns.
  private static var path: Double { 0.02 }

  /// A weight that the first steps have multiplied.
  private func grown(
    _ parameter: ObservedParameter<Scalar>, _ past: Past, _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding? {
    let age = observation.step - past.firstStep
    let growth = parameter.norm / past.start
    // A weight that starts at zero has to grow, and nothing says how far.
    guard parameter.isWeight, past.norm > 0, age <= 5 * thresholds.patience,
      growth > thresholds.weightGrowth
    else { return nil }
    return Finding(
      .updateRatio, observation.losses.hasFallen ? .note : .warning, layer: parameter.name,
      step: observation.step, measured: growth, threshold: thresholds.weightGrowth,
      source: "‖θ‖ in units of its start, within \(5 * thresholds.patience) steps",
      statement: "\(age) steps have made \(parameter.name) \(figure(growth)) times as long",
      reason: "Nothing is left of its initialization, and units saturate or die.",
      cure: "A smaller learning rate, or a warm-up.", measure: "growth")
  }

  /// Steps that overwrite a weight.
  private func long(
    _ parameter: ObservedParameter<Scalar>, _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding? {
    guard parameter.isWeight, let moved = parameter.change?.moved else { return nil }
    let ratio = moved / parameter.scale
    guard ratio > thresholds.longUpdate else { return nil }
    return Finding(
      .updateRatio, observation.losses.hasFallen ? .note : .warning, layer: parameter.name,
      step: observation.step, measured: ratio, threshold: thresholds.longUpdate,
      source: "‖Δθ‖/‖θ‖, for \(thresholds.patience) steps; 10⁻³ is healthy (makemore, part 3)",
      statement: "a step changes \(parameter.name) by \(percentage(ratio)) of its length",
      reason: "What was learned before is overwritten at every step.",
      cure: "A smaller learning rate, a warm-up, or larger initial weights.",
      patience: thresholds.patience)
  }

  /// A weight that has shrunk to a small part of what it was.
  private func shrunk(
    _ parameter: ObservedParameter<Scalar>, _ past: Past, _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding? {
    guard parameter.isWeight, past.norm > 0 else { return nil }
    let part = parameter.norm / past.norm
    guard part < thresholds.shrunkWeight, parameter.change?.moved ?? 0 > 0 else { return nil }
    return Finding(
      .shrinkingWeight, observation.losses.isFitted ? .note : .warning, layer: parameter.name,
      step: observation.step, measured: part, threshold: thresholds.shrunkWeight,
      source: "‖θ‖ in units of its start",
      statement: "\(parameter.name) has shrunk to \(percentage(part)) of its first length",
      reason: "It passes neither signal nor gradient, so that what is left cannot learn.",
      cure: "Less weight decay: the learning rate times the decay is the part that is lost at each"
        + " step.",
      patience: thresholds.patience)
  }
}
