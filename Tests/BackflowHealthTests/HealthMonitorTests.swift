import Backflow
import TestSupport
import Testing

@Suite struct `A health monitor` {
  @Test func `looks only at the steps that are due`() {
    var monitor = HealthMonitor<Double>(every: 10)
    var looks: [Int] = []
    for step in 0..<25 { monitor.observe(step) { looks.append($0.step) } }
    #expect(looks == [0, 10, 20])
    #expect(monitor.observations == 3)
    #expect(monitor.findings.isEmpty)
    #expect("\(monitor)" == "no findings in 3 observations")
  }

  @Test func `survives NaN and infinity anywhere and says where they began`() throws {
    for bad in [Double.nan, .infinity, -.infinity] {
      var monitor = HealthMonitor<Double>()
      var output = Tensor<Double>.zeros([4, 3])
      output[2, 1] = bad
      monitor.observe(7) {
        $0.activation("first", .tanh, output: .zeros([4, 3]))
        $0.activation("second", .tanh, output: output)
        $0.signal(
          "second", .weight, outputGradient: output, inputGradient: output)
        $0.loss(bad, classes: 10)
      }
      let finding = try #require(monitor.findings.first)
      #expect(finding.kind == .nonFinite && finding.layer == "second" && finding.step == 7)
      #expect(finding.statement.contains("the output of second holds 1 NaN or infinite"))
      #expect(finding.statement.contains("element 7"))
    }
  }

  private func saturated(_ share: Double) -> Tensor<Double> {
    Tensor((0..<100).map { Double($0) < 100 * share ? 1 : 0 }, shape: [100, 1])
  }

  @Test func `says a thing once, and again when it gets graver`() {
    var monitor = HealthMonitor<Double>()
    func look(_ step: Int, _ share: Double) -> [Finding.Severity] {
      monitor.observe(step) { $0.activation("layer", .tanh, output: saturated(share)) }
        .map(\.severity)
    }
    #expect(look(0, 0.6) == [.warning])
    #expect(look(1, 0.7) == [])
    #expect(look(2, 0.95) == [.failure])
    #expect(look(3, 0.6) == [])
    #expect(monitor.findings.map(\.severity) == [.failure] && monitor.findings.map(\.step) == [2])
    #expect(monitor.observations == 4)
  }

  @Test func `keeps layers, gates and kinds apart, the gravest first`() {
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) {
      $0.activation("a", .tanh, output: saturated(0.6))
      $0.activation("b", .sigmoid, output: saturated(0.6), gate: "input")
      $0.activation("b", .sigmoid, output: saturated(0.7), gate: "forget")
    }
    monitor.observe(1) {
      $0.activation("c", .tanh, output: saturated(1))
      $0.loss(100, classes: 10)
    }
    #expect(monitor.findings.map(\.layer) == ["c", "a", "b", "b"])
    #expect(monitor.findings.map(\.gate) == [nil, nil, "forget", "input"])
  }

  @Test func `counts no note among its alarms, and takes over what others found`() {
    var monitor = HealthMonitor<Double>()
    let note = Finding(
      .clipping, .note, layer: "x", step: 0, measured: 1, threshold: 1, source: "", statement: "",
      reason: "", cure: "")
    monitor.add([note, note])
    #expect(monitor.findings == [note] && monitor.alarms.isEmpty)
  }

  @Test func `names few units and counts all`() throws {
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.activation("layer", .tanh, output: .ones([4, 40])) }
    let finding = try #require(monitor.findings.first)
    #expect(finding.units == Array(0..<Finding.listedUnits) && finding.measured == 1)
  }

  @Test func `of a quiet step finds nothing`() {
    var monitor = HealthMonitor<Double>()
    var random = RandomSource(seed: 12)
    var network = Sequential<Double> {
      Dense(inputSize: 6, outputSize: 8, using: &random)
      Tanh()
      Dense(inputSize: 8, outputSize: 3, using: &random)
    }
    var optimizer = Adam(for: network)
    for step in 0..<20 {
      let (logits, cache) = network.forward(random.normal([9, 6]))
      let (loss, top) = softmaxCrossEntropy(logits, [0, 1, 2, 0, 1, 2, 0, 1, 2])
      let (signals, gradients) = network.tracedBackward(top, cache)
      let before = network
      optimizer.update(&network, along: gradients)
      monitor.observe(step) {
        $0.network(before, cache, signals: signals)
        $0.parameters(before, gradients: gradients, after: network)
        $0.loss(loss, classes: 3)
        $0.clipping(from: gradients, to: gradients)
      }
    }
    #expect(monitor.findings.isEmpty, "\(monitor)")
  }
}
