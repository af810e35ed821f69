internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Steps that move a parameter too far, hardly or not at all, for several consecutive observations.
///
/// Only weights are checked for steps that are too long, as in makemore: a bias starts at zero, and
/// its first steps are longer than it is.
struct UpdateRule<Scalar: RealScalar>: HealthRule {
  private enum Pace { case long, short, still }
  private var history: [String: (pace: Pace, length: Int)] = [:]
  /// Parameters that were fast enough once. A learning rate that decreases to zero is a schedule,
  /// not a defect.
  private var havePaced: Set<String> = []
  /// Parameters that changed once. One that no longer changes may have been frozen, or its schedule
  /// has ended.
  private var haveMoved: Set<String> = []

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.parameters.compactMap { parameter in
      guard let change = parameter.change else { return nil }
      let ratio = change.moved == 0 ? 0 : change.moved / change.length
      let pace = pace(change.moved, ratio, of: parameter, thresholds)
      if change.moved > 0 { haveMoved.insert(parameter.name) }
      if ratio >= thresholds.shortUpdate { havePaced.insert(parameter.name) }
      guard let pace else {
        history[parameter.name] = nil
        return nil
      }
      let before = history[parameter.name]
      let length = before?.pace == pace ? (before?.length ?? 0) + 1 : 1
      history[parameter.name] = (pace, length)
      guard length >= thresholds.patience else { return nil }
      return finding(pace, parameter.name, ratio, observation.step, thresholds)
    }
  }

  private func pace(
    _ moved: Double, _ ratio: Double, of parameter: ObservedParameter<Scalar>,
    _ thresholds: Thresholds
  ) -> Pace? {
    if moved == 0 { return .still }
    // Relative to a parameter that was zero, any step is infinitely long, which means nothing.
    if !ratio.isFinite { return nil }
    if ratio < thresholds.shortUpdate { return havePaced.contains(parameter.name) ? nil : .short }
    return parameter.isWeight && ratio > thresholds.longUpdate ? .long : nil
  }

  private func finding(
    _ pace: Pace, _ name: String, _ ratio: Double, _ step: Int, _ thresholds: Thresholds
  ) -> Finding {
    let patience = "\(thresholds.patience) consecutive observations"
    switch pace {
    case .still:
      let hasMoved = haveMoved.contains(name)
      return Finding(
        .unchangedParameter, hasMoved ? .note : .failure, layer: name, step: step, measured: 0,
        threshold: 0,
        source: "every element the same after the step, \(patience)",
        statement: "\(name) does not change at all\(hasMoved ? " any more" : ""), \(patience)",
        reason: hasMoved
          ? "It no longer learns, which is fine if it was frozen or if the learning rate has decreased"
            + " to zero."
          : "It takes no part in learning.",
        cure:
          "Make sure that the optimizer visits it and that its gradient is not zero: a frozen layer, a"
          + " branch that is not used, dead units above it.")
    case .long:
      return Finding(
        .updateRatio, .warning, layer: name, step: step, measured: ratio,
        threshold: thresholds.longUpdate,
        source: "‖Δθ‖/‖θ‖, \(patience); 10⁻³ is healthy (makemore, part 3)",
        statement: "a step changes \(name) by \(percentage(ratio)) of its length, \(patience)",
        reason: "What was learned before is overwritten at every step.",
        cure: "A smaller learning rate, a warm-up, or larger initial weights.")
    case .short:
      return Finding(
        .updateRatio, .warning, layer: name, step: step, measured: ratio,
        threshold: thresholds.shortUpdate,
        source: "‖Δθ‖/‖θ‖, \(patience); SageMaker Debugger's lower limit",
        statement: "a step changes \(name) by \(figure(ratio)) of its length, \(patience)",
        reason:
          "At this pace it does not learn; in single precision most of the step is rounding.",
        cure: "A larger learning rate, smaller initial weights, or look for a vanishing gradient"
          + " above it.")
    }
  }
}

extension ObservedParameter {
  /// Whether it multiplies a signal, as weights [outputs, inputs] and kernels do and biases do not.
  fileprivate var isWeight: Bool { value.rank >= 2 }
}
