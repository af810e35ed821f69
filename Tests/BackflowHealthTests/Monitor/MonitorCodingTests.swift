import Backflow
import Foundation
import TestSupport
import Testing

/// A rule with a memory: every third observation is one too many.
private struct EveryThird: HealthRule {
  var count = 0

  mutating func findings(
    in observation: StepObservation<Float>, _ thresholds: Thresholds
  ) -> [Finding] {
    count += 1
    guard count % 3 == 0 else { return [] }
    return [
      Finding(
        .other, .note, layer: "n\(count)", step: observation.step, measured: Double(count),
        threshold: 0, source: "", statement: "", reason: "", cure: "")
    ]
  }
}

@Suite struct `A saved monitor` {
  /// A training of a network with a frozen bottom, a large rate and clipping, so that many rules
  /// have something to remember.
  private struct Training {
    var random = RandomSource(seed: 3)
    var network: Sequential<Float>
    var optimizer: Adam<Float>
    var monitor = HealthMonitor<Float>(every: 2, rules: [EveryThird()])

    init() {
      var random = RandomSource(seed: 3)
      network = Sequential {
        Dense(inputSize: 6, outputSize: 8, using: &random)
        Tanh()
        Dense(inputSize: 8, outputSize: 3, using: &random)
      }
      optimizer = Adam(for: network, learningRate: 0.3)
      monitor.silence("*", .updateRatio)
    }

    mutating func run(_ steps: Range<Int>) throws {
      let labels = [0, 1, 2, 0, 1, 2, 0, 1, 2]
      for step in steps {
        let x: Tensor<Float> = random.normal([9, 6])
        let (logits, cache) = network.forward(x)
        let (loss, top) = softmaxCrossEntropy(logits, labels)
        let (_, gradients, trace) = network.tracedBackward(top, cache)
        var clipped = gradients
        try clipGradientNorm(&clipped, to: 0.01)
        let before = network
        optimizer.update(&network, along: clipped)
        monitor.observe(step, loss: loss, classes: 3) {
          $0.recordNetwork(trace, output: logits)
          $0.recordClipping(from: gradients, to: clipped)
          $0.recordUpdate(from: before, to: network, along: gradients) {
            softmaxCrossEntropy($0.forward(x).output, labels).loss
          }
        }
      }
    }
  }

  private func copy(_ monitor: HealthMonitor<Float>) throws -> HealthMonitor<Float> {
    let decoder = JSONDecoder()
    decoder.userInfo[.healthRules] = [EveryThird()] as [any HealthRule<Float>]
    return try decoder.decode(
      HealthMonitor<Float>.self, from: try JSONEncoder().encode(monitor))
  }

  @Test func `goes on as one that was never saved`() throws {
    var (whole, halves) = (Training(), Training())
    try whole.run(0..<60)
    try halves.run(0..<31)
    halves.monitor = try copy(halves.monitor)
    try halves.run(31..<60)
    #expect(!whole.monitor.findings.isEmpty)
    #expect(halves.monitor.findings == whole.monitor.findings)
    #expect(halves.monitor.history == whole.monitor.history)
    #expect(halves.monitor.losses == whole.monitor.losses)
    #expect("\(halves.monitor)" == "\(whole.monitor)")
  }

  /// The horizon of a recurrence is measured at some observations only, and holds in between.
  @Test func `measures a recurrence when one that was never saved does`() throws {
    var thresholds = Thresholds()
    thresholds.horizonInterval = 10
    var random = RandomSource(seed: 2)
    let rnn = RNN<Float>(
      inputSize: 3, hiddenSize: 4, recurrentWeights: .orthogonal(gain: 0.3), using: &random)
    let layers = (0..<40).map { step in
      Sequential<Float> {
        RNN(cells: [[rnn.cells[0][0]]])
        LastStep()
        Dense(inputSize: 4, outputSize: 2 + step % 2, using: &random)
      }
    }
    func observe(_ monitor: inout HealthMonitor<Float>, _ step: Int) {
      var random = RandomSource(seed: UInt64(step))
      let (output, cache) = layers[step].forward(random.normal([12, 2, 3]))
      let (_, _, trace) = layers[step].tracedBackward(.ones(output.shape), cache)
      monitor.observe(step) { $0.recordNetwork(trace, output: output) }
    }
    var monitor = HealthMonitor<Float>(thresholds: thresholds)
    for step in 0..<7 { observe(&monitor, step) }
    var copy = try JSONDecoder().decode(
      HealthMonitor<Float>.self, from: try JSONEncoder().encode(monitor))
    for step in 7..<40 {
      observe(&monitor, step)
      observe(&copy, step)
      #expect(copy.findings == monitor.findings)
    }
    #expect(Set(monitor.findings.map(\.kind)).contains(.vanishingGradient))
  }

  @Test func `gives the same bytes when it is saved again`() throws {
    var training = Training()
    try training.run(0..<60)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let bytes = try encoder.encode(training.monitor)
    for _ in 0..<3 {
      training.monitor = try copy(training.monitor)
      #expect(try encoder.encode(training.monitor) == bytes)
    }
  }

  /// The levels and the owners of findings are not saved, and follow from what is.
  @Test func `measures as one that was never saved, and heals`() throws {
    var monitor = HealthMonitor<Float>()
    func loss(_ step: Int) -> Float {
      step < 100 ? 4 / Float(1 + step) : step < 200 ? Float(step) / 100 : 0.001
    }
    for step in 0..<150 { monitor.observe(step, loss: loss(step)) }
    #expect(monitor.findings.contains { $0.kind == .risingLoss && $0.isPresent })
    var copy = try JSONDecoder().decode(
      HealthMonitor<Float>.self, from: try JSONEncoder().encode(monitor))
    for step in 150..<400 {
      monitor.observe(step, loss: loss(step))
      copy.observe(step, loss: loss(step))
      #expect(copy.findings == monitor.findings)
    }
    #expect(copy.findings.allSatisfy { $0.kind != .risingLoss || !$0.isPresent })
  }

  @Test func `may have rules that are turned off`() throws {
    var thresholds = Thresholds()
    thresholds.exploded = .infinity
    thresholds.deadShare = .infinity
    let monitor = HealthMonitor<Float>(thresholds: thresholds)
    let copy = try JSONDecoder().decode(
      HealthMonitor<Float>.self, from: try JSONEncoder().encode(monitor))
    #expect(copy.thresholds.exploded == .greatestFiniteMagnitude)
    #expect(copy.thresholds.deadShare == .greatestFiniteMagnitude)
    #expect(copy.thresholds.vanished == thresholds.vanished)
  }

  @Test func `needs the types of its rules, and refuses damage`() throws {
    var training = Training()
    try training.run(0..<4)
    let data = try JSONEncoder().encode(training.monitor)
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(HealthMonitor<Float>.self, from: data)
    }
    #expect("\(String(describing: error))".contains("EveryThird is not in userInfo[.healthRules]"))
    let text = try #require(String(data: data, encoding: .utf8))
    for (old, new) in [
      ("\"interval\":2", "\"interval\":0"), ("\"patience\":20", "\"patience\":-1"),
      ("\"places\":[", "\"places\":[\"another\","),
    ] {
      #expect(text.contains(old))
      let damaged = Data(text.replacing(old, with: new).utf8)
      let decoder = JSONDecoder()
      decoder.userInfo[.healthRules] = [EveryThird()] as [any HealthRule<Float>]
      #expect(throws: DecodingError.self) {
        try decoder.decode(HealthMonitor<Float>.self, from: damaged)
      }
    }
  }
}
