internal import BackflowKernels
internal import BackflowLayers

extension HealthMonitor {
  /// The findings grouped by cause: alarms before notes, and those that are present first.
  public var diagnoses: [Diagnosis] {
    Diagnosis.grouping(findings, from: steps?.lowerBound ?? 0)
  }

  /// The number of parameters whose gradients agree with the loss: the Taylor test has measured
  /// their ratio at least three times, and the median is within `Thresholds.gradientError` of 1.
  public var agreeingParameterCount: Int { library.updateTest.agreeingParameters(thresholds) }
}

extension HealthMonitor: CustomStringConvertible {
  /// The diagnoses in words; without alarms, what was examined; and what could not be examined.
  public var description: String {
    ((alarms.isEmpty ? [allWell] : []) + diagnoses.map(\.description) + unexamined)
      .joined(separator: "\n")
  }

  /// The description without the diagnoses, each remark on a line: without alarms, what was
  /// examined; and what could not be examined. It may be empty.
  public var conclusion: String {
    ((alarms.isEmpty ? [allWell] : []) + unexamined).joined(separator: "\n")
  }

  private var unexamined: [String] {
    let opaque = opaqueLayers.map {
      "\($0) shows no units and no parts, so that nothing inside it was examined; a container"
        + " implements `backward` with a `BackwardTracer`"
    }
    let unknown = silence.patterns.filter { !matchesAnything($0) }.map {
      "\($0) is the name of no layer or parameter that was observed, so that silencing or watching it"
        + " has no meaning"
    }
    return opaque + unknown
  }

  private func matchesAnything(_ pattern: PlacePattern) -> Bool {
    let places = [extent.layers, extent.cells, extent.parameters].flatMap(\.places)
    return (places + ledger.findings.map(\.layer) + ["the loss", "the gradients", "the optimizer"])
      .contains { pattern.matches($0) }
  }

  private var allWell: String {
    let parts =
      [
        (extent.layers.count, "layer"), (extent.cells.count, "recurrent cell"),
        (extent.parameters.count, "parameter"),
      ].filter { $0.0 > 0 }.map { counted($0, $1) }
      + (losses.count == 0 ? [] : ["the loss of \(counted(losses.count, "step"))"])
    let agreeing = agreeingParameterCount
    return
      "no \(findings.isEmpty ? "findings" : "alarms") in \(counted(observations, "observation"))"
      + (parts.isEmpty ? "" : " of " + parts.joined(separator: ", "))
      + (agreeing == 0
        ? ""
        : "; the gradients of \(counted(agreeing, "parameter")) agree with the loss (Taylor test)")
  }
}

/// The layers, cells and parameters that were observed.
struct ObservedExtent: Sendable, Codable {
  private(set) var layers = PlaceList()
  private(set) var cells = PlaceList()
  private(set) var parameters = PlaceList()

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  mutating func add<Scalar: RealScalar>(_ observation: StepObservation<Scalar>) {
    add(observation.signals)
    for chain in observation.innerSignals { add(chain) }
    // Units that were recorded without gradients.
    if observation.signals.isEmpty {
      for activation in observation.activations where activation.gate == nil {
        _ = layers.index(of: activation.layer)
      }
    }
    for recurrence in observation.recurrences { _ = cells.index(of: recurrence.layer) }
    let observed = observation.parameters.span
    for index in observed.indices { _ = parameters.index(of: observed[index].name) }
  }

  private mutating func add<Scalar>(_ chain: [LayerSignal<Scalar>]) {
    let chain = chain.span
    for index in chain.indices { _ = layers.index(of: chain[index].layer) }
  }
}
