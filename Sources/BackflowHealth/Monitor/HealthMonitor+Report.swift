extension HealthMonitor {
  /// The findings grouped by cause: alarms before notes, and those that are present first.
  public var diagnoses: [Diagnosis] {
    Diagnosis.grouping(findings, from: steps?.lowerBound ?? 0)
  }

  /// How many parameters have gradients that agree with the loss by their Taylor tests.
  public var testedParameterCount: Int { library.updateTest.agreeingParameters(thresholds) }
}

extension HealthMonitor: CustomStringConvertible {
  /// The diagnoses in words, or what was examined without findings; and the layers that could not
  /// be examined.
  public var description: String {
    let found = diagnoses.map(\.description)
    let opaque = opaqueLayers.map {
      "\($0) shows neither its activations nor its parts, so that nothing inside it was examined"
    }
    return ((found.isEmpty ? [allWell] : found) + opaque).joined(separator: "\n")
  }

  private var allWell: String {
    let parts = [
      counted(extent.layers, "layer"), counted(extent.cells, "recurrent cell"),
      counted(extent.parameters, "parameter"), losses.count > 0 ? "the loss" : nil,
    ].compactMap { $0 }
    let tested = counted(testedParameterCount, "parameter").map {
      "; the gradients of \($0) agree with the loss (Taylor test)"
    }
    return "no findings in \(observations) observations"
      + (parts.isEmpty ? "" : " of " + parts.joined(separator: ", ")) + (tested ?? "")
  }

  private func counted(_ count: Int, _ noun: String) -> String? {
    count == 0 ? nil : "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}

/// The most that one observation has shown.
struct ObservedExtent: Sendable, Codable {
  private(set) var (layers, cells, parameters) = (0, 0, 0)

  mutating func add<Scalar>(_ observation: StepObservation<Scalar>) {
    layers = max(layers, observation.signals.count)
    cells = max(cells, observation.recurrences.count)
    parameters = max(parameters, observation.parameters.count)
  }
}
