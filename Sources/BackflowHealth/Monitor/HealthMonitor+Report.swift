extension HealthMonitor {
  /// The findings grouped by cause: alarms before notes, and those that are present first.
  public var diagnoses: [Diagnosis] {
    Diagnosis.grouping(findings, from: steps?.lowerBound ?? 0)
  }
}

extension HealthMonitor: CustomStringConvertible {
  /// The diagnoses in words, and the layers that could not be examined.
  public var description: String {
    let found = diagnoses.map(\.description)
    let opaque = opaqueLayers.map {
      "\($0) shows neither its activations nor its parts, so that nothing inside it was examined"
    }
    return ((found.isEmpty ? ["no findings in \(observations) observations"] : found) + opaque)
      .joined(separator: "\n")
  }
}
