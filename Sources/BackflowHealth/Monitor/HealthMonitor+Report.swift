extension HealthMonitor {
  /// The findings grouped by cause, those that are present first.
  public var diagnoses: [Diagnosis] {
    Diagnosis.grouping(findings, from: steps?.lowerBound ?? 0)
  }
}

extension HealthMonitor: CustomStringConvertible {
  /// What is so now, what was so before, and the layers that could not be examined.
  public var description: String {
    let diagnoses = diagnoses
    let present = diagnoses.filter(\.isPresent).map(\.description)
    let past = diagnoses.filter { !$0.isPresent }.map(\.description)
    var parts =
      present.isEmpty
      ? ["no\(past.isEmpty ? "" : " present") findings in \(observations) observations"] : present
    if !past.isEmpty { parts += ["before:"] + past }
    parts += opaqueLayers.map {
      "\($0) was not examined: it shows neither its activations nor its parts"
    }
    return parts.joined(separator: "\n")
  }
}
