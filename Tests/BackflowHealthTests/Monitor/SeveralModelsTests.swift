import Backflow
import Testing

@Suite struct `Two models in one monitor` {
  /// Weights [4, 2] whose rows differ, or are the same.
  private func model(equalRows: Bool) -> Model<Float> {
    Model<Float>([
      "0.weight": Tensor(
        (0..<8).map { equalRows ? Float($0 % 2 + 1) : Float($0 + 1) }, shape: [4, 2]),
      "0.bias": Tensor([1, 2, 3, 4]),
    ])
  }

  /// Shows a model with a step of a thousandth of itself, or none.
  private func show(
    _ model: Model<Float>, as prefix: String, moves: Bool = true,
    in step: inout StepObservation<Float>
  ) {
    step.recordUpdate(
      from: model, to: moves ? model.map { 0.999 * $0 } : model,
      along: model.map { $0 * 0 + 1 }, prefix: prefix)
  }

  @Test(arguments: [1, 2])
  func `tell which of them stands still, together or in turn`(_ turns: Int) {
    var monitor = HealthMonitor<Float>()
    let model = model(equalRows: false)
    for step in 0..<100 {
      monitor.observe(step, loss: 1) {
        if step % turns == 0 { show(model, as: "policy.", in: &$0) }
        if step % turns == turns - 1 { show(model, as: "value.", moves: false, in: &$0) }
      }
    }
    let still = monitor.alarms.filter { $0.kind == .unchangedParameter }
    #expect(still.map(\.layer) == ["the optimizer of value"])
    #expect(still.map(\.isPresent) == [true])
  }

  @Test func `are reported in the order of the records if none of them moves`() {
    let names = ["policy.", "value.", "target.", "model."]
    var monitor = HealthMonitor<Float>()
    for step in 0..<40 {
      monitor.observe(step, loss: 1) {
        for name in names { show(model(equalRows: false), as: name, moves: false, in: &$0) }
      }
    }
    #expect(
      monitor.alarms.filter { $0.kind == .unchangedParameter }.map(\.layer)
        == ["policy", "value", "target", "model"].map { "the optimizer of \($0)" })
  }

  @Test(arguments: [1, 2])
  func `tell which of them has equal units, together or in turn`(_ turns: Int) {
    var monitor = HealthMonitor<Float>()
    for step in 0..<100 {
      monitor.observe(step, loss: 1) {
        if step % turns == 0 { show(model(equalRows: false), as: "policy.", in: &$0) }
        if step % turns == turns - 1 { show(model(equalRows: true), as: "value.", in: &$0) }
      }
    }
    #expect(
      monitor.findings.filter { $0.kind == .symmetricUnits }.map(\.layer) == ["value.0.weight"])
  }

  /// The trace of a network whose gradients have a scale of its own.
  private func trace(
    _ network: Sequential<Float>, gradient: Float
  ) -> (output: Tensor<Float>, trace: LayerTrace<Float>) {
    let (output, cache) = network.forward(.ones([5, 3]))
    let top = Tensor<Float>(repeating: gradient, shape: output.shape)
    return (output, network.tracedBackward(top, cache).trace)
  }

  @Test(arguments: ["", "critic."])
  func `are two chains of layers, with names of their own`(_ prefix: String) {
    var random = RandomSource(seed: 1)
    let network = Sequential([3, 4, 2], Tanh<Float>(), weights: .glorotUniform(), using: &random)
    var monitor = HealthMonitor<Float>()
    var observation = StepObservation<Float>(step: 0)
    for (prefix, gradient) in [("", Float(1e-6)), (prefix, 1)] {
      let (output, trace) = trace(network, gradient: gradient)
      observation.recordNetwork(trace, output: output, prefix: prefix)
    }
    let second = prefix.isEmpty ? "model2." : prefix
    #expect(observation.signals.map(\.layer) == ["0", "1", "2"])
    #expect(
      observation.innerSignals.map { $0.map(\.layer) } == [["0", "1", "2"].map { second + $0 }])
    // The gradients of the first network are a millionth of those of the second.
    #expect(monitor.judge(observation).isEmpty)
    #expect(
      "\(monitor)" == "no findings in 1 observation of 6 layers")
  }

  @Test func `that follow one another are one chain`() {
    var random = RandomSource(seed: 1)
    let below = Sequential([3, 4], Tanh<Float>(), weights: .glorotUniform(), using: &random)
    let above = Sequential([4, 2], Tanh<Float>(), weights: .glorotUniform(), using: &random)
    let (hidden, belowCache) = below.forward(.ones([5, 3]))
    let (output, aboveCache) = above.forward(hidden)
    let (hiddenGradient, _, aboveTrace) = above.tracedBackward(.ones(output.shape), aboveCache)
    let (_, _, belowTrace) = below.tracedBackward(hiddenGradient, belowCache)
    var observation = StepObservation<Float>(step: 0)
    observation.recordNetwork(belowTrace, prefix: "below.")
    observation.recordNetwork(aboveTrace, output: output, prefix: "above.")
    #expect(observation.signals.map(\.layer) == ["below.0", "above.0"])
    #expect(observation.innerSignals.isEmpty)
  }

  @Test func `stop the program if they have the same prefix`() async {
    let stopped = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var observation = StepObservation<Float>(step: 0)
      let model = Model<Float>(["weight": .ones([2, 2])])
      for _ in 0..<2 { observation.recordParameters(model, prefix: "policy.") }
    }
    let text = String(decoding: stopped?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("policy.weight is recorded twice"))
  }
}
