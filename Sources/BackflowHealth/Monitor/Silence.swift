/// Findings that the user does not want to hear of.
struct Silence: Sendable, Codable, Equatable {
  /// Places that are silent, for one kind or for all.
  private struct Rule: Codable, Equatable {
    let layers: PlacePattern
    let kind: Finding.Kind?
  }

  private var rules: [Rule] = []
  /// The only places that are heard; all if empty.
  var chosen: [PlacePattern] = []

  mutating func add(_ layers: String, _ kind: Finding.Kind?) {
    rules.append(Rule(layers: PlacePattern(layers), kind: kind))
  }

  /// All patterns that name something.
  var patterns: [PlacePattern] { (rules.map(\.layers) + chosen).filter { !$0.isEverything } }

  /// Whether a finding is not reported.
  func covers(_ finding: Finding) -> Bool {
    let isChosen = chosen.isEmpty || chosen.contains { $0.matches(finding.layer) }
    return !isChosen
      || rules.contains {
        ($0.kind ?? finding.kind) == finding.kind && $0.layers.matches(finding.layer)
      }
  }
}
