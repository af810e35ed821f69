import Backflow
import TestSupport
import Testing

/// The places of a NaN in a step, in the order of the step.
private enum Place: String, CaseIterable {
  case value, input, outputBelow, outputAbove, loss, entry, entryGradient, gradientAbove,
    gradientBetween, recurrence, gradientBelow, parameterGradientAbove, parameterGradientBelow,
    after

  /// What the finding calls it.
  var layer: String {
    switch self {
    case .value, .parameterGradientBelow: "low.weight"
    case .parameterGradientAbove, .after: "high.weight"
    case .input, .outputBelow, .gradientBelow: "low"
    case .outputAbove, .gradientAbove, .gradientBetween: "high"
    case .loss: "the loss"
    case .entry, .entryGradient: "td"
    case .recurrence: "rnn.l0"
    }
  }
}

@Suite struct `A NaN` {
  /// A step of two layers around a recurrence with `bad` at some places.
  private func observe(
    _ bad: Double, at places: Set<Place>, _ observation: inout StepObservation<Double>
  ) {
    func tensor(_ place: Place, shape: Shape = [2, 3]) -> Tensor<Double> {
      var tensor = Tensor<Double>(
        (0..<shape.elementCount).map { Double($0 + 1) / 16 }, shape: shape)
      if places.contains(place) {
        tensor.replaceSlice(1..<2, with: tensor.slice(1..<2) * bad)
      }
      return tensor
    }
    var random = RandomSource(seed: 1)
    let rnn = RNN<Double>(inputSize: 1, hiddenSize: 3, using: &random)
    let (_, cache) = rnn.forward(.zeros([2, 1, 1]))
    let state = Tensor<Double>(repeating: 0.1, shape: [2, 1, 3])

    observation.recordActivation(
      "low", .tanh, output: tensor(.outputBelow), input: tensor(.input),
      outputGradient: tensor(.gradientBelow), inputGradient: tensor(.gradientBelow))
    observation.recordRecurrent(
      "rnn", rnn, cache,
      traces: [
        BackwardTrace(
          state, tensor(.recurrence, shape: [2, 1, 3]),
          states: [Tensor(repeating: 0.1, shape: [3, 1, 3])])
      ])
    observation.recordSignal(
      "high", .weight, outputGradient: tensor(.gradientAbove),
      inputGradient: tensor(.gradientBetween), output: tensor(.outputAbove))
    let loss = tensor(.loss)
    observation.recordLoss(loss[1, 0], classes: 10)
    observation.recordLoss("td", entries: tensor(.entry), gradient: tensor(.entryGradient))
    let model = Model(["low.weight": tensor(.value), "high.weight": tensor(.value)])
    var gradients = model
    gradients.tensors = [tensor(.parameterGradientBelow), tensor(.parameterGradientAbove)]
    var after = model
    after.tensors = [model.tensors[0] * 1.01, tensor(.after) * 1.01]
    observation.recordParameters(model, gradients: gradients, after: after)
    observation.recordClipping(from: gradients, to: gradients)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `is found wherever it is, in the first tensor that holds it`(bad: Double) throws {
    for place in Place.allCases {
      var monitor = HealthMonitor<Double>()
      for step in 0..<3 { monitor.observe(step) { observe(0, at: [], &$0) } }
      #expect(!monitor.findings.contains { $0.kind == .nonFinite })
      // All that comes later is spoiled as well.
      let later = Set(Place.allCases.drop { $0 != place })
      for step in 3..<6 { monitor.observe(step) { observe(bad, at: later, &$0) } }
      let finding = try #require(
        monitor.findings.first { $0.kind == .nonFinite }, "\(place) is overlooked")
      #expect(finding.layer == place.layer && finding.step == 3, "\(place): \(finding.statement)")
      #expect(monitor.findings.filter { $0.kind == .nonFinite }.count == 1)
      #expect(place == .loss || finding.statement.contains("the first at [1, 0"))
    }
  }

  // ȳ_T, h̄_0, h̄_T and c̄_1: each alone, as the first and the last entry, and in a second state.
  @Test(arguments: [Double.nan, .infinity], 0..<4)
  func `is found in any part of a trace`(bad: Double, place: Int) throws {
    var random = RandomSource(seed: 2)
    let lstm = LSTM<Double>(inputSize: 1, hiddenSize: 3, using: &random)
    let (_, cache) = lstm.forward(.zeros([2, 1, 1]))
    var (output, states) = (
      Tensor<Double>(repeating: 0.1, shape: [2, 1, 3]),
      [Tensor<Double>](repeating: Tensor(repeating: 0.1, shape: [3, 1, 3]), count: 2)
    )
    switch place {
    case 0: output[1, 0, 2] = bad
    case 1: states[0][0, 0, 2] = bad
    case 2: states[0][2, 0, 0] = bad
    default: states[1][1, 0, 1] = bad
    }
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) {
      $0.recordRecurrent(
        "lstm", lstm, cache,
        traces: [
          BackwardTrace(output, Tensor(repeating: 0.1, shape: [2, 1, 12]), states: states)
        ])
    }
    let finding = try #require(monitor.findings.first { $0.kind == .nonFinite })
    #expect(finding.layer == "lstm.l0" && finding.measured == 1, "\(finding)")
    #expect(
      finding.statement.contains(
        place == 0
          ? "the gradient with respect to the output" : "the gradient with respect to the states"))
  }

  @Test func `is found in a gate though only some gates are recorded`() throws {
    var gates = Tensor<Double>.zeros([2, 1, 12])
    gates[1, 0, 5] = .nan
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) {
      $0.recordActivation("lstm", .sigmoid, output: gates, gate: "forget", features: 3..<6)
      $0.recordActivation("lstm", .sigmoid, output: gates, gate: "output", features: 9..<12)
    }
    let finding = try #require(monitor.findings.first)
    #expect(finding.kind == .nonFinite && finding.layer == "lstm" && finding.measured == 1)
  }

  @Test(arguments: [Double.nan, .infinity])
  func `does not crash anything, wherever it is`(bad: Double) {
    var observation = StepObservation<Double>(step: 0)
    observe(bad, at: Set(Place.allCases), &observation)
    var monitor = HealthMonitor<Double>()
    monitor.judge(observation)
    #expect(monitor.findings.first?.kind == .nonFinite && !"\(monitor)".isEmpty)
    for activation in observation.activations { _ = Saturation(activation, slope: 0.1)?.share }
    for recurrence in observation.recurrences {
      _ = (TimeProfile(recurrence).horizon(1e-3), BackwardGrowth(recurrence))
    }
    _ = SignalProfile(observation.signals)?.relativeNorms
    var census = DeadUnitCensus<Double>(layer: "low")
    census.count(preactivations: Tensor(repeating: bad, shape: [2, 3]))
    _ = census.report.findings(step: 0)
    _ = LossAudit<Double> { ($0 * bad, $0 * bad) }.findings()
  }
}
