internal import BackflowCheckpoints
internal import BackflowKernels

extension ReplayReport: CustomStringConvertible {
  /// The report for a terminal: for each network, the conventions that give the recorded output, or
  /// the closest ones.
  public var description: String {
    let lines =
      networks.flatMap(lines)
      + skipped.map { "\(title($0.name)): not run: \($0.reason)" }
    return lines.isEmpty ? "the checkpoint has no recurrent layer" : lines.joined(separator: "\n")
  }

  private func title(_ name: String) -> String {
    name.isEmpty ? "the recurrent network" : escaped(name)
  }

  private func lines(_ network: Network) -> [String] {
    let tolerance = network.tolerance.text(significantDigits: 2)
    let matches = network.matches
    let verdict =
      matches.isEmpty
      ? "no convention reproduces the recorded output"
      : matches.count == 1
        ? "one convention reproduces the recorded output"
        : "\(matches.count) conventions reproduce the recorded output"
    let shown = matches.isEmpty ? Array(network.attempts.prefix(3)) : matches
    return [
      "\(title(network.name)) (\(network.kind.rawValue.uppercased())): \(verdict)"
        + " (tolerance \(tolerance))"
    ]
      + shown.map {
        "  error \($0.error.text(significantDigits: 3)): \($0.convention); axes \($0.axes)"
      }
  }
}
