internal import BackflowKernels
internal import BackflowLinearAlgebra

extension UpdateRule {
  /// The findings, with one in place of one for each parameter if nothing of a model changes.
  func joined(
    _ found: [Finding], in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    var (found, models) = (found, Set<String>())
    // In the order of the records, so that reports are the same in every run.
    for model in observation.parameters.map(\.model) where models.insert(model).inserted {
      let parameters = observation.parameters.filter { $0.model == model }
      guard parameters.allSatisfy({ $0.change?.moved == 0 || $0.value.isEmpty }) else { continue }
      let names = Set(parameters.map(\.name))
      let still = found.filter {
        $0.kind == .unchangedParameter && $0.severity == .failure && names.contains($0.layer)
      }
      guard still.count > 1 else { continue }
      found.removeAll { names.contains($0.layer) }
      found.append(nothingMoves(model, still.count, at: observation.step, thresholds))
    }
    return found
  }

  private func nothingMoves(
    _ model: String, _ count: Int, at step: Int, _ thresholds: Thresholds
  ) -> Finding {
    Finding(
      .unchangedParameter, .failure, layer: place("the optimizer", ofModel: model), step: step,
      measured: 0, threshold: 0,
      source: "every element the same after the step, for \(thresholds.patience) steps",
      statement: "no parameter changes, although \(count) of them have gradients",
      reason: "Nothing is learned.",
      cure:
        "Make sure that the optimizer updates the model that is trained, that its learning rate is"
        + " not zero, and that the model for `from:` is copied before the update.",
      patience: thresholds.patience)
  }

  /// A defect in words.
  ///
  /// - Parameter ratio: ‖Δθ‖/‖θ‖
  func finding(
    _ defect: Defect, _ parameter: ObservedParameter<Scalar>, _ ratio: Double, _ past: Past,
    _ observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> Finding {
    let (step, losses) = (observation.step, observation.losses)
    let age = step - past.firstStep
    // Steps that do what their gradient promises are not too long, unless they lead down from where
    // earlier ones have led up.
    let isHarmless = losses.hasFallen || observation.keepsItsPromise && !losses.isAboveStart
    switch defect {
    case .grown:
      let growth = parameter.norm / past.start
      // Later growth is that of any training.
      let isHarmless = isHarmless || age > 5 * thresholds.patience
      return Finding(
        .updateRatio, isHarmless ? .note : .warning, layer: parameter.name, step: step,
        measured: growth, threshold: thresholds.weightGrowth,
        source: "‖θ‖ in units of its start, within \(5 * thresholds.patience) steps",
        statement: "\(age) steps have made \(parameter.name) \(figure(growth)) times as long",
        reason: "Nothing is left of its initialization, and units saturate or die.",
        cure: "A smaller learning rate, or a warm-up.", measure: "growth")
    case .still:
      return still(parameter, past, observation, thresholds)
    case .short:
      return Finding(
        .shortUpdate, .warning, layer: parameter.name, step: step, measured: ratio,
        threshold: Self.shortUpdate(thresholds),
        source: "‖Δθ‖/‖θ‖; SageMaker Debugger's lower limit, and the precision of the elements",
        statement: "a step changes \(parameter.name) by \(figure(ratio)) of its length",
        reason: "At this pace it does not learn; most of the step is lost in rounding.",
        cure: "A larger learning rate, smaller initial weights, or look for a vanishing gradient"
          + " above it.",
        patience: thresholds.patience)
    case .slow:
      return Finding(
        .shortUpdate, .warning, layer: parameter.name, step: step, measured: past.pathLength,
        threshold: Self.shortestPath, source: "the sum of ‖Δθ‖/‖θ‖ over all steps so far",
        statement: "\(age) steps have moved \(parameter.name) by at most"
          + " \(percentage(past.pathLength)) of its length, and the loss has not fallen",
        reason: "The steps are too small to change the loss.",
        cure:
          "A larger learning rate; with SGD, look for a gradient that is scaled down or clipped.",
        patience: thresholds.patience, measure: "way")
    case .long:
      let relative = (parameter.change?.moved ?? 0) / parameter.scale
      return Finding(
        .updateRatio, isHarmless ? .note : .warning, layer: parameter.name, step: step,
        measured: relative, threshold: thresholds.longUpdate,
        source: "‖Δθ‖/‖θ‖, for \(thresholds.patience) steps; 10⁻³ is healthy (makemore, part 3)",
        statement: "a step changes \(parameter.name) by \(percentage(relative)) of its length",
        reason: "What was learned before is overwritten at every step.",
        cure: "A smaller learning rate, a warm-up, or larger initial weights.",
        patience: thresholds.patience)
    case .shrunk:
      let part = parameter.norm / past.norm
      return Finding(
        .shrinkingWeight, losses.isFitted ? .note : .warning, layer: parameter.name, step: step,
        measured: part, threshold: thresholds.shrunkWeight,
        source: "‖θ‖ in units of its start",
        statement: "\(parameter.name) has shrunk to \(percentage(part)) of its first length",
        reason: "It passes neither signal nor gradient, so that what is left cannot learn.",
        cure: "Less weight decay: the learning rate times the decay is the part that is lost at"
          + " each step.",
        patience: thresholds.patience)
    }
  }

  private func still(
    _ parameter: ObservedParameter<Scalar>, _ past: Past, _ observation: StepObservation<Scalar>,
    _ thresholds: Thresholds
  ) -> Finding {
    let hasGradient = parameter.hasGradient
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
}

extension StepObservation {
  /// Whether the update has lowered the loss of its batch by at least half of what the gradient
  /// predicts.
  fileprivate var keepsItsPromise: Bool {
    !updateTests.isEmpty
      && updateTests.allSatisfy { $0.otherLoss == nil && $0.fullRatio ?? 0 > 0.5 && $0.change < 0 }
  }
}

extension LossHistory {
  /// Whether the loss is above its start by half, more than batches differ, or nothing is known of
  /// it.
  fileprivate var isAboveStart: Bool {
    guard let level, let startLevel else { return true }
    return level - startLevel > 0.5 * startLevel.magnitude
  }
}
