internal import BackflowKernels
internal import ComplexModule
internal import RealModule

extension StabilityReport: CustomStringConvertible {
  /// The report for a terminal: the verdict, the figures, the leading eigenvalues, and the backward
  /// signal.
  public var description: String {
    (summary + [""] + leadingEigenvalues + [""] + signal).joined(separator: "\n")
  }

  private var summary: [String] {
    let peak = backwardSignal.peak.step
    return [
      row("verdict", spectrum.verdict.rawValue)
    ] + spectrum.explanation.wrapped(width: 56).map { row("", $0) } + [
      row("units", "\(spectrum.eigenvalues.count)"),
      row("spectral radius ρ", figure(spectrum.spectralRadius) + uncertainty),
      row(
        "largest singular value",
        figure(spectrum.largestSingularValue) + "   (1/γ = \(figure(1 / spectrum.slopeBound)))"),
      row("backward signal", setting),
      row("", "× \(figure(backwardSignal.factorPerStep)) per step on average"),
      row("", "largest after \(peak) \(peak == 1 ? "step" : "steps"): \(length(after: peak))"),
    ]
  }

  /// The bounds of the spectral radius, if the displayed digits are uncertain.
  private var uncertainty: String {
    let bounds = spectrum.spectralRadiusBounds
    let condition = figure(spectrum.eigenvalueConditions.first ?? 1)
    guard bounds.upperBound - bounds.lowerBound > 1e-6 * spectrum.spectralRadius else { return "" }
    return
      "   (in \(figure(bounds.lowerBound)) … \(figure(bounds.upperBound)), condition \(condition))"
  }

  private var leadingEigenvalues: [String] {
    let eigenvalues = spectrum.eigenvalues
    var lines = ["leading eigenvalues"]
    lines += eigenvalues.prefix(6).map {
      "  \(figure($0.real)) \($0.imaginary < 0 ? "-" : "+") \(figure(abs($0.imaginary)))i"
        + "   |λ| = \(figure($0.length))"
    }
    if eigenvalues.count > 6 { lines.append("  … \(eigenvalues.count - 6) more") }
    return lines
  }

  private var signal: [String] {
    ["steps back   norm of the backward signal"]
      + shownSteps.map { step in
        String(repeating: " ", count: max(0, 10 - "\(step)".count)) + "\(step)   "
          + length(after: step)
      }
  }

  /// The steps to display: all steps of a short sequence, and 0, 1, 2, 5, 10, 20 … and the last
  /// step of a long one.
  private var shownSteps: [Int] {
    let last = backwardSignal.logNorms.count - 1
    if last <= 16 { return Array(0...last) }
    let round = sequence(first: 1) { $0 * 10 }.lazy.flatMap { [$0, 2 * $0, 5 * $0] }
    return [0] + round.prefix { $0 < last } + [last]
  }

  /// Returns the norm in digits, also if it is out of the range of a double.
  private func length(after step: Int) -> String {
    let (norm, logNorm) = (backwardSignal.norms[step], backwardSignal.logNorms[step])
    let isInRange = norm.isNormal || logNorm == -.infinity
    return isInRange ? figure(norm) : "1e" + (logNorm / .log(10)).text(decimals: 1)
  }

  private func row(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(0, 24 - name.count)) + value
  }

  private func figure(_ value: Double) -> String { value.text(significantDigits: 6) }
}
