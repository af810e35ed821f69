internal import BackflowCheckpoints
internal import BackflowKernels

extension StateSpaceLayer: CustomStringConvertible {
  /// The layer for a terminal: its report, and the findings.
  public var description: String {
    let findings = findings.flatMap {
      "\(escaped($0.tensor)): \($0.message)"
        .wrapped(width: 100, indent: "  ", hangingIndent: "    ")
    }
    return ([StateSpaceLayerReport(of: self).description] + findings).joined(separator: "\n")
  }
}

extension StateSpaceLayerReport: CustomStringConvertible {
  /// The report for a terminal: the distribution of |λ| and of the horizons, and what follows.
  public var description: String { lines(indent: "").joined(separator: "\n") }

  /// The lines of the report, indented, with or without what follows.
  func lines(indent: String, showsConsequence: Bool = true) -> [String] {
    let names = tensors.map { escaped(ownName($0)) }.joined(separator: ", ")
    let title =
      "\(name.isEmpty ? "" : escaped(name) + ": ")\(kind.title), \(extent), \(type): \(names)"
    return title.wrapped(width: 100, indent: indent, hangingIndent: indent + "  ")
      + (decays.contains { !$0.modulus.isEmpty }
        ? TextTable([header] + decays.flatMap(rows), leftAligned: 2, indent: indent.count + 2).lines
        : [])
      + decays.flatMap { counts($0).map { indent + "  " + $0 } }
      + (showsConsequence
        ? consequence.wrapped(width: 100, indent: indent + "  ", hangingIndent: indent + "  ") : [])
  }

  /// The name of a tensor without that of the layer.
  private func ownName(_ tensor: String) -> String {
    name.isEmpty || tensor.count <= name.count + 1
      ? tensor : String(tensor.dropFirst(name.count + 1))
  }

  private var extent: String {
    let channels = shape.first ?? 1
    let words = "\(channels) \(kind == .mamba2 ? "head" : "channel")\(channels == 1 ? "" : "s")"
    return words + shape.dropFirst().map { " × \($0) states" }.joined()
  }

  private var header: [String] { ["", "", "min", "25 %", "median", "75 %", "max"] }

  private func rows(_ decay: Decay) -> [[String]] {
    [
      [decay.condition, "|λ|"] + decay.modulus.map(figure),
      ["", "steps to 10⁻⁶"] + decay.horizon.map { $0.map(steps) ?? "never" },
    ].filter { $0.count == header.count }
  }

  private func counts(_ decay: Decay) -> [String] {
    let all = [
      (decay.countAtOne, "at 1 (within \(tolerance.text(significantDigits: 3)))"),
      (decay.deadCount, "dead (|λ| < 10⁻⁶)"), (decay.growingCount, "above 1"),
      (decay.undefinedCount, "undefined"),
    ].filter { $0.0 > 0 }.map { "\($0) \($1)" }
    let total = shape.reduce(1, *)
    return all.isEmpty
      ? [] : ["\(decay.condition): of \(total) |λ|, \(all.joined(separator: ", "))"]
  }

  /// A modulus, with the digits of 1 − |λ| if it is close to 1.
  private func figure(_ modulus: Double) -> String {
    let distance = (1 - modulus).magnitude
    return distance > 0 && distance < 1e-3
      ? "1 \(modulus < 1 ? "−" : "+") \(distance.text(significantDigits: 3))"
      : modulus.text(significantDigits: 4)
  }

  private func steps(_ horizon: Double) -> String {
    (100..<1e9).contains(horizon) ? horizon.text(decimals: 0) : horizon.text(significantDigits: 3)
  }
}
