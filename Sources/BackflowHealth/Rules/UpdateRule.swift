internal import BackflowKernels
internal import BackflowLinearAlgebra

/// How far one step moves each parameter: too far, hardly, or not at all, several observations on
/// end.
///
/// Too far is said of weights only, as makemore looks at matrices only: a bias starts at zero, and
/// its first steps are longer than it is.
struct UpdateRule<Scalar: RealScalar>: Rule {
  private enum Pace { case long, short, still }
  private var history: [String: (pace: Pace, length: Int)] = [:]
  /// Parameters that were not too slow once. A rate that falls to zero is a schedule, no defect.
  private var haveMoved: Set<String> = []

  mutating func findings(
    in observation: StepObservation<Scalar>, _ thresholds: Thresholds
  ) -> [Finding] {
    observation.parameters.compactMap { parameter in
      guard let ratio = parameter.updateRatio else { return nil }
      let pace = pace(ratio, of: parameter, thresholds)
      if ratio >= thresholds.shortUpdate { haveMoved.insert(parameter.name) }
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
    _ ratio: Double, of parameter: ObservedParameter<Scalar>, _ thresholds: Thresholds
  ) -> Pace? {
    if ratio == 0 { return .still }
    if ratio < thresholds.shortUpdate { return haveMoved.contains(parameter.name) ? nil : .short }
    return parameter.isWeight && ratio > thresholds.longUpdate ? .long : nil
  }

  private func finding(
    _ pace: Pace, _ name: String, _ ratio: Double, _ step: Int, _ thresholds: Thresholds
  ) -> Finding {
    let patience = "\(thresholds.patience) observations on end"
    switch pace {
    case .still:
      return Finding(
        .unchangedParameter, .failure, layer: name, step: step, measured: 0, threshold: 0,
        source: "every element the same after the step, \(patience)",
        statement: "\(name) does not change at all, \(patience)",
        reason: "It is as it was drawn and takes no part in learning.",
        cure:
          "See that the optimiser visits it and that its gradient is not zero: a frozen layer, a"
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
          "At this pace it will not get anywhere; in single precision most of it is rounding.",
        cure: "A larger learning rate, smaller initial weights, or look for a vanishing gradient"
          + " above it.")
    }
  }
}

extension ObservedParameter {
  /// Whether it multiplies a signal, as weights [outputs, inputs] and kernels do and biases do not.
  fileprivate var isWeight: Bool { value.rank >= 2 }

  /// ‖θ after − θ‖/‖θ‖; `nil` if it was not shown after the step, or was zero before.
  public var updateRatio: Double? {
    guard let after, after.shape == value.shape else { return nil }
    let length = VectorKernels.norm(value.span)
    guard length > 0 else { return nil }
    return VectorKernels.norm((after - value).span) / length
  }
}
