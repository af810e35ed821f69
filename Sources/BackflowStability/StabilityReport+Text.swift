internal import ComplexModule
internal import Foundation

extension StabilityReport: CustomStringConvertible {
  /// The report for a terminal: verdict, figures, leading eigenvalues, backward signal.
  public var description: String {
    let eigenvalues = spectrum.eigenvalues
    var lines = [
      "verdict                 \(spectrum.verdict.rawValue)",
      "                        \(spectrum.verdict.explanation)",
      "units                   \(eigenvalues.count)",
      "spectral radius ρ       \(figure(spectrum.spectralRadius))",
      "largest singular value  \(figure(spectrum.largestSingularValue))"
        + "   (1/γ = \(figure(1 / spectrum.slopeBound)))",
      "backward signal         × \(figure(backwardSignal.factorPerStep)) a step",
      "", "leading eigenvalues",
    ]
    lines += eigenvalues.prefix(6).map {
      "  \(figure($0.real)) \($0.imaginary < 0 ? "−" : "+") \(figure(abs($0.imaginary)))i"
        + "   |λ| = \(figure($0.length))"
    }
    if eigenvalues.count > 6 { lines.append("  … \(eigenvalues.count - 6) more") }
    lines += ["", "steps back   length of the backward signal"]
    lines += shownSteps.map { step in
      String(format: "%10d   ", step) + length(after: step)
    }
    return lines.joined(separator: "\n")
  }

  /// All steps of a short sequence; of a long one 0, 1, 2, 5, 10, 20 … and the last.
  private var shownSteps: [Int] {
    let last = backwardSignal.logNorms.count - 1
    if last <= 16 { return Array(0...last) }
    let round = sequence(first: 1) { $0 * 10 }.lazy.flatMap { [$0, 2 * $0, 5 * $0] }
    return [0] + round.prefix { $0 < last } + [last]
  }

  /// The length in digits, also where it is beyond the range of a double.
  private func length(after step: Int) -> String {
    let (norm, logNorm) = (backwardSignal.norms[step], backwardSignal.logNorms[step])
    let isInRange = norm.isNormal || logNorm == -.infinity
    return isInRange ? figure(norm) : String(format: "1e%.1f", logNorm / Foundation.log(10))
  }

  private func figure(_ value: Double) -> String { String(format: "%.6g", value) }
}
