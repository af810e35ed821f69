internal import BackflowKernels
internal import ComplexModule
internal import RealModule

extension StabilityReport: CustomStringConvertible {
  /// The report for a terminal, one section for each layer.
  public var description: String {
    layers.map(\.description).joined(separator: "\n\n")
  }
}

extension LayerStability: CustomStringConvertible {
  /// The verdict, the figures of the weights, the exponents with their checks, and the horizon.
  public var description: String {
    var text = TextRows()
    text.lines.append("\(name): \(kind), \(hiddenSize) units")
    text.row("verdict", verdict.label.rawValue)
    for reason in verdict.reasons { text.paragraph(reason) }
    if let weights { text.weights("weights", weights) }
    for gate in gates ?? [] { text.weights("gate \(gate.name)", gate.weights) }
    if let jacobian { text.weights("Jacobian at the end", jacobian) }
    if let bounds { text.bounds(bounds) }
    if let trajectory {
      text.row("trajectory", setting + discarded(trajectory))
      text.exponents(trajectory)
    }
    if let horizon { text.horizon(horizon, gates: gates?.map(\.name)) }
    return text.lines.joined(separator: "\n")
  }

  private func discarded(_ trajectory: TrajectoryStability) -> String {
    trajectory.discardedSteps > 0 ? ", the first \(trajectory.discardedSteps) left out" : ""
  }
}

/// The lines of a report with a name and a value each.
private struct TextRows {
  var lines: [String] = []

  mutating func row(_ name: String, _ value: String) {
    let padding = String(repeating: " ", count: max(1, 24 - name.count))
    lines.append("  " + name + padding + value)
  }

  mutating func paragraph(_ sentence: String) {
    for line in sentence.wrapped(width: 68) { row("", line) }
  }

  mutating func weights(_ name: String, _ analysis: MatrixAnalysis) {
    let spectrum = analysis.spectrum
    let bounds = spectrum.spectralRadiusBounds
    let uncertain = bounds.upperBound - bounds.lowerBound > 1e-6 * spectrum.spectralRadius
    row(
      name,
      "ρ \(figure(spectrum.spectralRadius))"
        + (uncertain ? " (\(figure(bounds.lowerBound)) … \(figure(bounds.upperBound)))" : "")
        + ", σ_max \(figure(spectrum.largestSingularValue))"
        + ", Henrici \(figure(analysis.nonnormality.henrici))"
        + ", Kreiss \(bracket(analysis.kreiss))")
    if analysis.growth.peakStep > 1 {
      row(
        "",
        "the powers grow to a norm of \(figure(analysis.growth.peakNorm)) after"
          + " \(analysis.growth.peakStep) steps")
    }
  }

  private func bracket(_ kreiss: KreissBracket) -> String {
    if kreiss.lower == .infinity { return "∞" }
    let (lower, upper) = (figure(kreiss.lower), figure(kreiss.upper))
    return lower == upper ? lower : "\(lower) … \(upper)"
  }

  mutating func bounds(_ report: ContractionReport) {
    for condition in report.conditions where condition.property == .contraction {
      row(
        "condition",
        "\(condition.name): \(figure(condition.leftSide)) \(condition.holds ? "<" : "≥") 1"
          + (condition.holds ? ", holds" : ", does not hold"))
    }
    if let steps = report.recoverySteps {
      row("recovery", "at most \(steps) step\(steps == 1 ? "" : "s") after a disturbance, proven")
    }
  }

  mutating func exponents(_ trajectory: TrajectoryStability) {
    let shown = zip(trajectory.exponents, trajectory.standardErrors).prefix(6).map { value, error in
      value == -.infinity
        ? "−∞" : figure(value) + (error.isFinite ? " ± \(error.text(significantDigits: 2))" : "")
    }
    let rest = trajectory.exponents.count - shown.count
    row("exponents", shown.joined(separator: ", ") + (rest > 0 ? ", … \(rest) more" : ""))
    row("", "nats per step, over \(trajectory.steps) steps")
    if let spread = trajectory.spread {
      row("", "λ₁ differs by \(spread.text(significantDigits: 2)) between samples")
    }
    row(
      "checks of λ₁",
      "two trajectories \(figure(trajectory.twoTrajectoryRate)), backward pass"
        + " \(figure(trajectory.backwardRate)) (within"
        + " \(trajectory.rateTolerance.text(significantDigits: 2)):"
        + " \(trajectory.agreesWithTwoTrajectories ? "yes" : "no"),"
        + " \(trajectory.agreesWithBackwardPass ? "yes" : "no"))")
    if let error = trajectory.sumRuleError {
      row("check of the sum", "Σλ differs from ln |det J| by \(error.text(significantDigits: 2))")
    }
    let dimension = trajectory.kaplanYorke.map { figure($0) } ?? "more than the computed exponents"
    row("Kaplan–Yorke dimension", dimension)
    if trajectory.entropyRate > 0 {
      row("entropy rate", "\(figure(trajectory.entropyRate)) nats per step")
    }
  }

  mutating func horizon(_ horizon: GradientHorizon, gates: [String]?) {
    let factor = figure(horizon.factor)
    let measured =
      horizon.steps.map { "\($0) step\($0 == 1 ? "" : "s") back" }
      ?? "not within the \(horizon.followedSteps) steps followed"
    let predicted =
      horizon.predictedSteps.isFinite
      ? "λ₁ predicts \(horizon.predictedSteps.text(significantDigits: 3))" : "λ₁ predicts no end"
    row("gradient × \(factor)", "\(measured); \(predicted)")
    guard let paths = horizon.paths, let gates, gates.count == paths.gates.count else { return }
    let shares = zip(gates, paths.gates).map { "\($0) \($1.text(significantDigits: 2))" }
    row(
      "paths of a step",
      "state \(paths.carried.text(significantDigits: 2)), "
        + shares.joined(separator: ", ") + ", together \(paths.total.text(significantDigits: 2))")
  }

  private func figure(_ value: Double) -> String { value.text(significantDigits: 6) }
}
