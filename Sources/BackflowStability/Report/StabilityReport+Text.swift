internal import BackflowKernels
internal import BackflowLinearAlgebra
internal import ComplexModule
internal import RealModule

extension StabilityReport: CustomStringConvertible {
  /// The report for a terminal, one section for each layer.
  public var description: String {
    layers.map(\.description).joined(separator: "\n\n")
  }
}

extension LayerStability: CustomStringConvertible {
  /// The verdict, the exponents with their checks, the horizon, and the figures of the weights, in
  /// lines of at most 100 characters.
  public var description: String {
    var text = TextRows()
    text.lines.append(
      "\(escapedControls(name)): \(kind.title), \(hiddenSize) unit\(hiddenSize == 1 ? "" : "s")")
    text.row("verdict", verdict.label.rawValue)
    for reason in verdict.reasons { text.row("", reason) }
    if let trajectory {
      text.row("trajectory", setting + discarded(trajectory))
      text.exponents(trajectory)
    }
    if let horizon, let trajectory {
      text.horizon(horizon, gates: gates?.map(\.name), isDetermined: trajectory.sign != 0)
    }
    text.recovery(bounds, measured: recovery)
    if let fixedPoints { text.fixedPoints(fixedPoints, isDriven: isDriven) }
    if let closedLoop {
      text.row("closed loop", "on its own predictions, from the end of the first sample")
      text.exponents(closedLoop)
    }
    if let weights { text.weights("W_hh", weights) }
    for gate in gates ?? [] { text.weights("W_hh, gate \(gate.name)", gate.weights) }
    if let jacobian { text.weights("Jacobian at the end", jacobian) }
    if let bounds { text.bounds(bounds) }
    for omission in omissions { text.row("missing", omission) }
    if let rounded { text.row("rounded", "along the first sample: \(rounded)") }
    return text.lines.joined(separator: "\n")
  }

  private func discarded(_ trajectory: TrajectoryStability) -> String {
    trajectory.discardedSteps > 0
      ? ", the first \(trajectory.discardedSteps) left out" : ""
  }
}

/// A name from a file on one line.
private func escapedControls(_ name: String) -> String {
  String(
    String.UnicodeScalarView(
      name.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
}

/// The lines of a report with a name and a value each.
private struct TextRows {
  var lines: [String] = []

  /// Adds a value, in several lines if it is long.
  mutating func row(_ name: String, _ value: String) {
    let indent = String(repeating: " ", count: 24)
    let head = "  " + name + String(repeating: " ", count: max(1, 22 - name.count))
    lines += value.wrapped(width: 100, indent: head, hangingIndent: indent)
  }
}

// MARK: - The trajectory

extension TextRows {
  mutating func exponents(_ trajectory: TrajectoryStability) {
    let shown = zip(trajectory.exponents, trajectory.standardErrors).prefix(5).map {
      figure($0, standardError: $1)
    }
    let rest = trajectory.exponents.count - shown.count
    row(
      "exponents",
      shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
        + ", in nats per step over \(trajectory.steps) step\(trajectory.steps == 1 ? "" : "s")")
    if let first = trajectory.lostSteps.firstIndex(where: { $0 > 0 }) {
      row(
        "",
        "from λ_\(first + 1) on, some steps are singular to working precision, and the exponents"
          + " are upper bounds or −∞")
    }
    if let spread = trajectory.spread {
      row(
        "",
        "λ₁ has a standard deviation of \(spread.text(significantDigits: 2)) between"
          + " \(trajectory.samples) samples")
    }
    convergence(trajectory.first)
    checks(trajectory)
    if trajectory.largest >= 0 {
      let dimension =
        trajectory.kaplanYorke.map { figure($0) } ?? "more than the computed exponents tell"
      row("dimension", dimension + " (Kaplan–Yorke)")
    }
    if trajectory.entropyRate > 0 {
      row("entropy rate", "at most \(figure(trajectory.entropyRate)) nats per step")
    }
  }

  /// λ₁ after a quarter, a half and all of the steps.
  private mutating func convergence(_ spectrum: LyapunovSpectrum) {
    let shown = [4, 2, 1].compactMap { part in
      zip(spectrum.runningSteps, spectrum.runningMeans).first { $0.0 * part >= spectrum.steps }
    }
    guard Set(shown.map(\.0)).count == 3 else { return }
    let means = shown.map { figure($0.1.max() ?? -.infinity) }
    row(
      "",
      "λ₁ of the first sample after \(shown[0].0), \(shown[1].0) and \(shown[2].0) steps:"
        + " \(means.joined(separator: ", "))")
  }

  private mutating func checks(_ trajectory: TrajectoryStability) {
    func check(_ name: String, _ rate: Double, _ agrees: Bool) -> String {
      "\(name) \(figure(rate)) \(agrees ? "agrees" : "DIFFERS")"
    }
    let two = trajectory.twoTrajectoryRate
    row(
      trajectory.leadingRate == trajectory.largest
        ? "checks of λ₁" : "checks of \(figure(trajectory.leadingRate))",
      (trajectory.trajectoriesMerged
        ? "two trajectories merged in rounding"
        : check("two trajectories", two, trajectory.agreesWithTwoTrajectories)) + ", "
        + check("backward pass", trajectory.backwardRate, trajectory.agreesWithBackwardPass)
        + " (within \(trajectory.rateTolerance.text(significantDigits: 2)))")
    if let error = trajectory.sumRuleError {
      let agrees = trajectory.agreesWithDeterminants == true
      row(
        "check of all λ",
        "Σλ \(agrees ? "agrees with" : "DIFFERS from") ln |det J|, by"
          + " \(error.text(significantDigits: 2))")
    }
  }

  mutating func horizon(_ horizon: GradientHorizon, gates: [String]?, isDetermined: Bool) {
    let measured =
      horizon.steps.map { "after \($0) step\($0 == 1 ? "" : "s") back" }
      ?? "not within \(horizon.followedSteps) step\(horizon.followedSteps == 1 ? "" : "s")"
    let predicted =
      !isDetermined
      ? "λ₁ predicts nothing"
      : horizon.predictedSteps.isFinite
        ? "λ₁ predicts \(horizon.predictedSteps.text(significantDigits: 3))" : "λ₁ predicts no end"
    row("gradient × \(figure(horizon.factor))", "\(measured); \(predicted)")
    guard let paths = horizon.paths, let gates, gates.count == paths.gates.count else { return }
    let shares = zip(gates, paths.gates).map { "\($0) \($1.text(significantDigits: 2))" }
    row(
      "passed back in a step",
      "\(paths.total.text(significantDigits: 2)) of the gradient; by the state itself"
        + " \(paths.carried.text(significantDigits: 2)), through the gates "
        + shares.joined(separator: ", "))
    let saturated = zip(gates, paths.saturated).map { "\($0) \(percent($1))" }
    row(
      "saturated units",
      "receive, of the squared gradient at each gate: " + saturated.joined(separator: ", "))
  }

  private func percent(_ share: Double) -> String {
    (100 * share).text(significantDigits: 2) + " %"
  }
}

// MARK: - Fixed points

extension TextRows {
  mutating func fixedPoints(_ found: FixedPoints, isDriven: Bool) {
    let stable = found.stablePoints.count
    let unstable = found.points.count { $0.stability == .unstable }
    row(
      "fixed points",
      "under \(isDriven ? "the mean" : "zero") input: \(stable) stable, \(unstable) unstable,"
        + " \(found.points.count - stable - unstable) undecided;"
        + " \(found.completeness.explanation)")
    for point in found.points.prefix(3) {
      let slowest = point.modes.first.map { mode in
        ", largest |λ| \(figure(mode.modulus)), which"
          + (mode.timeScale < 0 ? " grows to e times" : " decays to 1/e")
          + " in \(figure(abs(mode.timeScale))) steps"
          + (mode.timeScaleMilliseconds.map { " (\(figure(abs($0.wrappedValue))) ms)" } ?? "")
          + (mode.period.isFinite ? ", period \(figure(mode.period))" : "")
      }
      row("", point.stability.rawValue + (slowest ?? ""))
    }
    if found.points.count > 3 { row("", "and \(found.points.count - 3) more") }
  }
}

// MARK: - The weights

extension TextRows {
  mutating func weights(_ name: String, _ analysis: MatrixAnalysis) {
    let spectrum = analysis.spectrum
    row(
      name,
      "ρ \(radius(spectrum)), σ_max \(figure(spectrum.largestSingularValue))"
        + ", Henrici \(figure(analysis.nonnormality.henrici))"
        + ", Kreiss \(bracket(analysis))")
    let nonnormality = analysis.nonnormality
    let others = [
      nonnormality.numericalRadius.map { "numerical radius \(figure($0.upperBound))" },
      nonnormality.eigenvectorCondition.map { "κ(V) \(figure($0))" },
    ].compactMap(\.self)
    if !others.isEmpty {
      row(
        "",
        (["numerical abscissa \(figure(nonnormality.numericalAbscissa))"] + others)
          .joined(separator: ", "))
    }
    for level in analysis.pseudospectra {
      row(
        "",
        "ε \(figure(level.epsilon)): pseudospectral radius \(figure(level.radius)), abscissa"
          + " \(figure(level.abscissa))")
    }
    let growth = analysis.growth
    if growth.isComplete, growth.peakStep > 1 {
      row("", "powers up to a norm of \(figure(growth.peakNorm)) at step \(growth.peakStep)")
    }
  }

  /// ρ, with its bounds if its digits do not show them.
  private func radius(_ spectrum: Spectrum) -> String {
    let bounds = spectrum.spectralRadiusBounds
    let (lower, upper) = (figure(bounds.lowerBound), figure(bounds.upperBound))
    return figure(spectrum.spectralRadius) + (lower == upper ? "" : " (\(lower) … \(upper))")
  }

  private func bracket(_ analysis: MatrixAnalysis) -> String {
    let kreiss = analysis.kreiss
    if kreiss.lower == .infinity { return "∞" }
    if kreiss.isUndecided { return "not decided, because ρ is 1 to within rounding" }
    let (lower, upper) = (figure(kreiss.lower), figure(kreiss.upper))
    if kreiss.lacksUpperBound {
      return "≥ \(lower), not bounded by \(analysis.growth.logNorms.count - 1) powers"
    }
    return lower == upper ? lower : "\(lower) … \(upper)"
  }

  mutating func bounds(_ report: ContractionReport) {
    for condition in report.conditions where condition.property == .contraction {
      row(
        "condition",
        "\(condition.name): \(figure(condition.leftSide)) \(condition.holds ? "<" : "≥") 1"
          + (condition.holds ? ", holds" : ", does not hold")
          + (condition.costliest.map { "; most comes from \($0.part), \(figure($0.value))" } ?? ""))
    }
  }

  /// How long a disturbance lasts: the proven bound, if any, and what was measured.
  mutating func recovery(_ bounds: ContractionReport?, measured: DisturbanceRecovery?) {
    guard let measured else { return }
    row("recovery", "measured: \(measured)")
    let proof = bounds?.conditions.filter { $0.property == .contraction }
      .min { ($0.recoverySteps ?? .max) < ($1.recoverySteps ?? .max) }
    if let proof, let steps = proof.recoverySteps {
      row(
        "",
        "proven, while the states stay within the bounds: to \(figure(proof.factor)) within"
          + " \(steps) step\(steps == 1 ? "" : "s")")
    }
  }
}
