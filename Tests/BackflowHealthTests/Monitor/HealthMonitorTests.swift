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

  @Test func `survives NaN and infinity anywhere and names where they began`() throws {
    for bad in [Double.nan, .infinity, -.infinity] {
      var monitor = HealthMonitor<Double>()
      var output = Tensor<Double>.zeros([4, 3])
      output[2, 1] = bad
      monitor.observe(7) {
        $0.recordActivation("first", .tanh, output: .zeros([4, 3]))
        $0.recordActivation("second", .tanh, output: output)
        $0.recordSignal(
          "second", .weight, outputGradient: output, inputGradient: output)
        $0.recordLoss(bad, classes: 10)
      }
      let finding = try #require(monitor.findings.first)
      #expect(finding.kind == .nonFinite && finding.layer == "second" && finding.step == 7)
      #expect(finding.statement.contains("the output of second has 1 NaN or infinite"))
      #expect(finding.statement.contains("the first at [2, 1]"))
    }
  }

  private func saturated(_ share: Double) -> Tensor<Double> {
    Tensor((0..<100).map { Double($0) < 100 * share ? 1 : 0 }, shape: [100, 1])
  }

  @Test func `reports a finding once, and again at a higher severity`() {
    var monitor = HealthMonitor<Double>()
    func look(_ step: Int, _ share: Double) -> [Finding.Severity] {
      monitor.observe(step) { $0.recordActivation("layer", .tanh, output: saturated(share)) }
        .map(\.severity)
    }
    #expect(look(0, 0.6) == [.warning])
    #expect(look(1, 0.7) == [])
    #expect(look(2, 0.95) == [.failure])
    #expect(look(3, 0.6) == [])
    let finding = monitor.findings[0]
    #expect(finding.severity == .failure && finding.step == 2)
    #expect(finding.firstStep == 0 && finding.lastStep == 3 && finding.observations == 4)
    #expect(finding.worst == 0.95 && finding.worstStep == 2 && finding.isPresent)
    #expect(monitor.observations == 4)
  }

  @Test func `keeps layers, gates and kinds apart, the most severe first`() {
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) {
      $0.recordActivation("a", .tanh, output: saturated(0.6))
      $0.recordActivation("b", .sigmoid, output: saturated(0.6), gate: "input")
      $0.recordActivation("b", .sigmoid, output: saturated(0.7), gate: "forget")
    }
    monitor.observe(1) {
      $0.recordActivation("c", .tanh, output: .ones([100, 8]))
      $0.recordLoss(100, classes: 10)
    }
    #expect(monitor.findings.map(\.layer) == ["c", "a", "b", "b", "the loss"])
    #expect(monitor.findings.map(\.gate) == [nil, nil, "input", "forget", nil])
  }

  @Test func `counts no note among its alarms, and accepts findings of others`() {
    var monitor = HealthMonitor<Double>()
    let note = Finding(
      .clipping, .note, layer: "x", step: 0, measured: 1, threshold: 1, source: "", statement: "",
      reason: "", cure: "")
    monitor.add([note, note])
    #expect(monitor.findings.map(\.observations) == [2] && monitor.alarms.isEmpty)
  }

  @Test(arguments: [false, true])
  func `heals what was added as well, whoever was first`(_ isAddedFirst: Bool) throws {
    var monitor = HealthMonitor<Double>()
    func finding(_ step: Int) -> Finding {
      Finding(
        .deadUnits, .warning, layer: "1", step: step, measured: 1, threshold: 0.5, source: "",
        statement: "", reason: "", cure: "")
    }
    if isAddedFirst { monitor.add([finding(0)]) }
    for step in 0..<300 {
      if !isAddedFirst && step == 120 { monitor.add([finding(120)]) }
      monitor.observe(step, loss: 1) {
        $0.recordActivation("1", .relu, output: step < 150 ? .zeros([64, 4]) : .ones([64, 4]))
      }
    }
    let finding = try #require(monitor.findings.first { $0.kind == .deadUnits })
    #expect(!finding.isPresent && finding.lastStep == 149)
  }

  @Test func `reports findings in the order of the records`() {
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) {
      for k in [2, 6, 10] { $0.recordActivation("\(k)", .tanh, output: saturated(0.6)) }
    }
    #expect(monitor.findings.map(\.layer) == ["2", "6", "10"])
  }

  @Test func `says what it has examined without findings`() {
    var monitor = HealthMonitor<Float>(every: 5)
    var random = RandomSource(seed: 3)
    var network = Sequential([4, 16, 1], Tanh<Float>(), weights: .glorotUniform(), using: &random)
    var optimizer = SGD(for: network, learningRate: 0.05)
    let inputs: Tensor<Float> = random.normal([32, 4])
    let targets: Tensor<Float> = random.normal([32, 1])
    for step in 0..<40 {
      let (outputs, cache) = network.forward(inputs)
      let (loss, top) = meanSquaredError(outputs, targets)
      let (_, gradients, trace) = network.tracedBackward(top, cache)
      let before = network
      optimizer.update(&network, along: gradients)
      monitor.observe(step, loss: loss) {
        $0.recordNetwork(trace, output: outputs)
        $0.recordUpdate(from: before, to: network, along: gradients) {
          meanSquaredError($0(inputs), targets).loss
        }
      }
    }
    #expect(
      "\(monitor)"
        == "no findings in 8 observations of 3 layers, 4 parameters, the loss of 40 steps; the"
        + " gradients of 4 parameters agree with the loss (Taylor test)")
    #expect(monitor.agreeingParameterCount == 4)
  }

  @Test func `names few units and counts all`() throws {
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordActivation("layer", .tanh, output: .ones([4, 40])) }
    let finding = try #require(monitor.findings.first)
    #expect(finding.units == Array(0..<Finding.listedUnits) && finding.measured == 1)
  }

  @Test func `changes nothing of what it watches, to the bit`() {
    func train(watched: Bool) -> [Tensor<Float>] {
      var monitor = HealthMonitor<Float>()
      var random = RandomSource(seed: 26)
      var network = Sequential<Float> {
        Dense(inputSize: 6, outputSize: 8, using: &random)
        Tanh()
        Dense(inputSize: 8, outputSize: 3, using: &random)
      }
      var optimizer = Adam(for: network)
      for step in 0..<10 {
        let (logits, cache) = network.forward(random.normal([9, 6]))
        let (loss, top) = softmaxCrossEntropy(logits, [0, 1, 2, 0, 1, 2, 0, 1, 2])
        let (_, gradients, trace) = network.tracedBackward(top, cache)
        let before = network
        optimizer.update(&network, along: gradients)
        guard watched else { continue }
        monitor.observe(step) {
          $0.recordNetwork(trace, output: logits)
          $0.recordParameters(before, gradients: gradients, after: network)
          $0.recordLoss(loss, classes: 3)
          $0.recordClipping(from: gradients, to: gradients)
        }
      }
      #expect(monitor.observations == (watched ? 10 : 0))
      return network.namedParameters.map(\.value)
    }
    #expect(train(watched: true) == train(watched: false))
  }

  // The loop of docs/health.md.
  @Test func `names where a gradient stopped being finite although clipping throws`() {
    var health = HealthMonitor<Float>(every: 10)
    var random = RandomSource(seed: 28)
    var model = Sequential<Float> {
      Dense(inputSize: 6, outputSize: 8, using: &random)
      Tanh()
      Dropout(probability: 0.1)
      Dense(inputSize: 8, outputSize: 3, using: &random)
    }
    var optimizer = Adam(for: model)
    var copies = 0
    for step in 0..<15 {
      let (logits, cache) = model.forward(
        random.normal([3, 6]), .training(seed: random.next()))
      let (loss, right) = softmaxCrossEntropy(logits, [0, 1, 2])
      var top = right
      if step == 13 { top[1, 1] = .nan }
      let (_, gradients, trace) = model.tracedBackward(top, cache)
      var clipped = gradients
      let before = health.isDue(step) ? model : nil
      do {
        try clipGradientNorm(&clipped, to: 1)
        optimizer.update(&model, along: clipped)
        model.updateBuffers(from: cache)
      } catch {
        var failed = StepObservation<Float>(step: step)
        failed.recordNetwork(trace, output: logits)
        failed.recordParameters(model, gradients: gradients)
        health.judge(failed)
        continue
      }
      if let before {
        copies += 1
        health.observe(step) {
          $0.recordNetwork(trace, output: logits)
          $0.recordParameters(before, gradients: gradients, after: model)
          $0.recordLoss(loss, classes: 3)
          $0.recordClipping(from: gradients, to: clipped)
        }
      }
    }
    #expect(copies == 2)
    #expect(health.findings.map(\.kind) == [.nonFinite] && health.findings.map(\.step) == [13])
    #expect(health.findings.map(\.layer) == ["3"])
  }

  @Test func `names the layer whose input or output overflows`() throws {
    let network = Sequential<Float> {
      Dense(weight: .ones([2, 2]), bias: .zeros([2]))
      Tanh()
      Dense(weight: Tensor(repeating: 3e38, shape: [2, 2]), bias: .zeros([2]))
    }
    func statement(_ input: Float) throws -> String {
      let (logits, cache) = network.forward(Tensor([input, input], shape: [1, 2]))
      let (_, _, trace) = network.tracedBackward(.zeros([1, 2]), cache)
      var monitor = HealthMonitor<Float>()
      monitor.observe(0) { $0.recordNetwork(trace, output: logits) }
      return try #require(monitor.findings.first { $0.kind == .nonFinite }).statement
    }
    #expect(try statement(.nan).contains("the input of 0 (Dense)"))
    #expect(try statement(10).contains("the output of 2 (Dense) has 2"))
  }

  @Test func `finds nothing in a healthy step`() {
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
      let (_, gradients, trace) = network.tracedBackward(top, cache)
      let before = network
      optimizer.update(&network, along: gradients)
      monitor.observe(step) {
        $0.recordNetwork(trace)
        $0.recordParameters(before, gradients: gradients, after: network)
        $0.recordLoss(loss, classes: 3)
        $0.recordClipping(from: gradients, to: gradients)
      }
    }
    #expect(monitor.findings.isEmpty, "\(monitor)")
  }

  @Test func `stops at a step before the last one`() async {
    let stopped = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var monitor = HealthMonitor<Float>()
      monitor.observe(40) { _ in }
      monitor.observe(0) { _ in }
    }
    #expect(stopMessage(stopped).contains("HealthMonitor: step 0 after step 40; steps ascend"))
  }

  @Test func `stops at a threshold that is NaN, negative or too large to count, and accepts ∞`()
    async
  {
    let limit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var thresholds = Thresholds()
      thresholds.longUpdate = .nan
      _ = HealthMonitor<Float>(thresholds: thresholds)
    }
    #expect(stopMessage(limit).contains("Thresholds: longUpdate must be 0 or more, got nan"))
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var thresholds = Thresholds()
      thresholds.patience = -1
      _ = HealthMonitor<Float>(thresholds: thresholds)
    }
    #expect(stopMessage(count).contains("Thresholds: patience must be 0 or more, got -1.0"))
    let steps = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var thresholds = Thresholds()
      thresholds.patience = .max
      _ = HealthMonitor<Float>(thresholds: thresholds)
    }
    #expect(stopMessage(steps).contains("Thresholds: patience must be at most 1e9, got 9.2"))
    let scale = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LossAudit<Float>("mine", scale: 1e-46) { ($0.squared(), $0 * 2) }
    }
    #expect(
      stopMessage(scale).contains(
        "mine: the scale must be positive and finite, got 1e-46, which is 0.0 in Float"))
    var thresholds = Thresholds()
    thresholds.exploded = .infinity
    #expect(HealthMonitor<Float>(thresholds: thresholds).thresholds.exploded == .infinity)
  }
}

/// A user's rule: the loss grew since the last look.
private struct GrowingLoss: HealthRule {
  var last = Double.infinity

  mutating func findings(
    in observation: StepObservation<Double>, _ thresholds: Thresholds
  ) -> [Finding] {
    guard let loss = observation.loss?.value else { return [] }
    defer { last = loss }
    guard loss > last else { return [] }
    return [
      Finding(
        .other, .warning, layer: "the loss", step: observation.step, measured: loss,
        threshold: last, source: "the loss before", statement: "the loss grew", reason: "", cure: ""
      )
    ]
  }
}

@Suite struct `A rule of the user's own` {
  @Test func `remembers earlier steps and is reported with the others`() {
    var monitor = HealthMonitor<Double>(rules: [GrowingLoss()])
    for (step, loss) in [3.0, 2, 2.5, 2.6].enumerated() {
      monitor.observe(step) { $0.recordLoss(loss) }
    }
    #expect(monitor.alarms.map(\.kind) == [.other] && monitor.alarms.map(\.step) == [2])
  }
}
