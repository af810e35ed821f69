import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Saturation of a nonlinearity` {
  private func saturation(
    _ function: Nonlinearity, inputs: [Double], slope: Double = 0.0591
  ) throws -> Saturation {
    let a = Tensor(inputs, shape: [inputs.count, 1])
    var observation = StepObservation<Double>(step: 0)
    observation.recordActivation(
      "layer", function, output: function == .tanh ? tanh(a) : sigmoid(a))
    return try #require(Saturation(observation.activations[0], slope: slope))
  }

  @Test func `of tanh beyond 0.97 is a slope below 0.0591 and an input beyond 2.0923`() throws {
    let bounds = try #require(Nonlinearity.tanh.liveOutputs(slope: 0.0591))
    expectClose([bounds.lowerBound, bounds.upperBound], [-0.97, 0.97], Tolerance(1e-15, scale: 1))
    let at = try saturation(.tanh, inputs: [2.09229, -2.09229, 2.09231, -2.09231, -3])
    #expect(at.low == [2] && at.high == [1] && at.samples == 5)
    expectClose(
      [at.lowShare, at.highShare, at.share], [0.4, 0.2, 0.6], Tolerance(1e-15, scale: 1))
  }

  // 4 y (1 − y) = 0.0591: y = (1 ± 0.97)/2.
  @Test func `of a sigmoid is the same at twice the input`() throws {
    let bounds = try #require(Nonlinearity.sigmoid.liveOutputs(slope: 0.0591))
    expectClose(
      [bounds.lowerBound, bounds.upperBound], [0.015, 0.985], Tolerance(1e-15, scale: 1))
    let at = try saturation(.sigmoid, inputs: [4.18458, -4.18458, 4.18461, 9, -4.18461])
    #expect(at.low == [1] && at.high == [2])
  }

  // φ′ = 1e-7, a quarter of which is a sigmoid's largest.
  @Test(arguments: [(Nonlinearity.tanh, 8.75219, 1.0), (.sigmoid, 16.11810, 0.25)])
  func `at a slope of 1e-7 begins where the derivative says`(
    function: Nonlinearity, input: Double, largest: Double
  ) throws {
    let inputs = [input - 1e-4, -input + 1e-4, input + 1e-4, -input - 1e-4]
    let at = try saturation(function, inputs: inputs, slope: 1e-7 / largest)
    #expect(at.low == [1] && at.high == [1])
  }

  // tanh′(5) = 1.8158e-4, σ′(5) = 6.6481e-3 of at most ¼.
  @Test(arguments: [(Nonlinearity.tanh, 1.8158e-4), (.sigmoid, 4 * 6.6481e-3)])
  func `at an input of 5 is at the tabulated slope`(
    function: Nonlinearity, slope: Double
  ) throws {
    #expect(try saturation(function, inputs: [5], slope: slope * 1.0001).share == 1)
    #expect(try saturation(function, inputs: [5], slope: slope * 0.9999).share == 0)
  }

  @Test func `is counted for each unit, over samples and time steps`() throws {
    // [T, B, units]: unit 0 always high, unit 1 half the time low, unit 2 never.
    let y = Tensor<Float>([1, -1, 0, 1, 0, 0, 1, -1, 0.5, 1, 0.9, 0], shape: [2, 2, 3])
    var observation = StepObservation<Float>(step: 0)
    observation.recordActivation("layer", .tanh, output: y)
    let at = try #require(Saturation(observation.activations[0], slope: 0.0591))
    #expect(at.low == [0, 2, 0] && at.high == [4, 0, 0] && at.samples == 4)
    #expect(at.stuckHigh(0.99) == [0] && at.stuckLow(0.99) == [] && at.stuckLow(0.4) == [1])
    // A unit that flips is saturated, but stuck on neither side.
    var flipping = StepObservation<Float>(step: 0)
    flipping.recordActivation("layer", .tanh, output: Tensor([1, -1, 1, -1], shape: [4, 1]))
    let flips = try #require(Saturation(flipping.activations[0], slope: 0.0591))
    #expect(flips.share == 1 && flips.stuckLow(0.99) == [] && flips.stuckHigh(0.99) == [])
  }

  @Test func `is counted for each gate, stuck closed or stuck open`() throws {
    var random = RandomSource(seed: 3)
    var lstm = LSTM<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    // Input gates closed, forget gates open; in the order i, f, g, o.
    lstm.cells[0][0].weights.inputBias = Tensor([-20, -20, -20, 20, 20, 20, 0, 0, 0, 0, 0, 0])
    let x: Tensor<Double> = random.normal([4, 5, 2])
    let (_, cache) = lstm.forward(x)
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordRecurrent("lstm", lstm, cache) }
    #expect(monitor.findings.map(\.gate) == ["input", "forget"])
    #expect(monitor.findings.map(\.side) == [.low, .high])
    #expect(monitor.findings.allSatisfy { $0.kind == .saturation && $0.layer == "lstm.l0" })
    #expect(
      monitor.findings[0].statement.contains("100 % of its units are stuck closed, 0 % stuck open"))
    #expect(
      monitor.findings[1].statement.contains("0 % of its units are stuck closed, 100 % stuck open"))
    #expect(monitor.findings.allSatisfy { $0.units == [0, 1, 2] })
  }

  @Test func `is not defined for a ReLU, an empty output or NaN`() throws {
    var observation = StepObservation<Double>(step: 0)
    observation.recordActivation("relu", .relu, output: .zeros([4, 3]))
    observation.recordActivation("empty", .tanh, output: .zeros([0, 3]))
    observation.recordActivation("unitless", .tanh, output: .zeros([3, 0]))
    #expect(observation.activations.allSatisfy { Saturation($0, slope: 0.5) == nil })
    #expect(try saturation(.tanh, inputs: [.nan, .nan, 0]).share == 0)
  }

  @Test func `is an alarm for half of a layer, a failure for nine tenths`() throws {
    func severity(_ saturated: Int) throws -> Finding.Severity? {
      var monitor = HealthMonitor<Double>()
      let inputs = (0..<10).map { $0 < saturated ? 9.0 : 0.0 }
      monitor.observe(0) {
        $0.recordActivation("layer", .tanh, output: tanh(Tensor(inputs, shape: [10, 1])))
      }
      return monitor.findings.first?.severity
    }
    #expect(try severity(5) == nil)
    #expect(try severity(6) == .warning)
    #expect(try severity(10) == .failure)
  }

  @Test func `names the side on which most of it is, and the units that are stuck there`() throws {
    // Four of six units always on the edge, three of them high.
    let y = Tensor<Double>([1, -1, 0, 1, 1, 0, 1, -1, 0, 1, 1, 0], shape: [2, 6])
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordActivation("layer", .tanh, output: y) }
    let finding = try #require(monitor.alarms.first)
    #expect(finding.units == [0, 3, 4] && finding.side == .high)
    expectClose([finding.measured], [2.0 / 3], Tolerance(1e-15, scale: 1))
  }

  @Test func `of a quarter of a gate's units on one side is a note`() {
    func notes(_ stuck: [Double], gate: String?) -> [Finding] {
      var monitor = HealthMonitor<Double>()
      let row = stuck + [Double](repeating: 0.5, count: 8 - stuck.count)
      monitor.observe(0) {
        $0.recordActivation(
          "layer", .sigmoid, output: Tensor(row + row, shape: [2, 8]), gate: gate)
      }
      return monitor.findings
    }
    #expect(notes([1, 1], gate: "forget").map(\.severity) == [.note])
    #expect(notes([1, 1], gate: "forget").map(\.side) == [.high])
    #expect(notes([0, 0], gate: "input").map(\.units) == [[0, 1]])
    #expect(notes([0, 1], gate: "input").isEmpty && notes([1, 1], gate: nil).isEmpty)
  }

  // Rows of samples that have ended are zero or were never squashed.
  @Test func `does not count the padding of a batch`() throws {
    var random = RandomSource(seed: 21)
    let x: Tensor<Double> = random.normal([12, 4, 2], standardDeviation: 0.3)
    let lengths = [2, 12, 1, 3]
    let lstm = LSTM<Double>(inputSize: 2, hiddenSize: 3, bidirectional: true, using: &random)
    let gru = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    let rnn = RNN<Double>(inputSize: 2, hiddenSize: 3, layers: 2, using: &random)
    var observation = StepObservation<Double>(step: 0)
    observation.recordRecurrent(
      "lstm", lstm, lstm.forward(x, initialState: nil, lengths: lengths).cache)
    observation.recordRecurrent(
      "gru", gru, gru.forward(x, initialState: nil, lengths: lengths).cache)
    observation.recordRecurrent(
      "rnn", rnn, rnn.forward(x, initialState: nil, lengths: lengths).cache)
    for activation in observation.activations {
      let seen = try #require(Saturation(activation, slope: 0.0591))
      #expect(seen.samples == 18 && seen.share == 0, "\(activation.layer)")
    }
    var monitor = HealthMonitor<Double>()
    monitor.judge(observation)
    #expect(monitor.findings.isEmpty, "\(monitor)")
    let gates = observation.activations.filter { $0.layer == "lstm.l0_reverse" }.compactMap(\.gate)
    #expect(gates == ["input", "forget", "candidate", "output"])
  }

  // The monitor counts the gates of a cell in one pass.
  @Test func `of gates in one tensor is that of each alone`() throws {
    var random = RandomSource(seed: 23)
    let x: Tensor<Double> = random.normal([9, 5, 2], standardDeviation: 20)
    let lengths = [9, 2, 5, 1, 9]
    let lstm = LSTM<Double>(inputSize: 2, hiddenSize: 3, layers: 2, using: &random)
    let gru = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    var observation = StepObservation<Double>(step: 0)
    observation.recordRecurrent("lstm", lstm, lstm.forward(x).cache)
    observation.recordRecurrent(
      "gru", gru, gru.forward(x, initialState: nil, lengths: lengths).cache)
    // Parts that overlap, the same memory in another shape, and a nonlinearity that is none of
    // them.
    let y = tanh(random.normal([6, 4], standardDeviation: 3) as Tensor<Double>)
    observation.recordActivation("left", .tanh, output: y, features: 0..<3)
    observation.recordActivation("right", .sigmoid, output: y, features: 2..<4)
    observation.recordActivation("flat", .tanh, output: y.reshaped(to: [4, 6]), features: 4..<6)
    observation.recordActivation("on", .relu, output: y, features: 0..<2)
    var thresholds = Thresholds()
    thresholds.saturatedShare = 0
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    let found = monitor.judge(observation).filter { $0.kind == .saturation }
    #expect(found.count > 6)
    for finding in found {
      let activation = try #require(
        observation.activations.first { $0.layer == finding.layer && $0.gate == finding.gate })
      let alone = try #require(Saturation(activation, slope: 0.0591))
      #expect(finding.measured == alone.share, "\(finding)")
      let stuck = thresholds.stuckShare
      #expect(
        finding.units == (finding.side == .low ? alone.stuckLow(stuck) : alone.stuckHigh(stuck)))
    }
    // An activation that has nothing to say leaves the others theirs.
    let shown = observation.activations.compactMap { Saturation($0, slope: 0.0591) }
    #expect(shown.filter { $0.share > 0 }.count == found.count)
  }

  @Test func `of features that the output has not stops`() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var observation = StepObservation<Float>(step: 0)
      observation.recordActivation("layer", .tanh, output: .zeros([2, 3]), features: 1..<4)
    }
    #expect(
      stopMessage(result).contains(
        "layer: features 1..<4 are out of range for an output of shape [2, 3]"))
  }

  @Test func `counts the same as each sample alone`() throws {
    var random = RandomSource(seed: 22)
    let x: Tensor<Double> = random.normal([6, 3, 2], standardDeviation: 8)
    let lengths = [4, 6, 1]
    let gru = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    func counts(_ cache: GRU<Double>.Cache) throws -> [(low: [Int], high: [Int])] {
      var observation = StepObservation<Double>(step: 0)
      observation.recordRecurrent("gru", gru, cache)
      return try observation.activations.map {
        let seen = try #require(Saturation($0, slope: 0.0591))
        return (seen.low, seen.high)
      }
    }
    let padded = try counts(gru.forward(x, initialState: nil, lengths: lengths).cache)
    let alone = try lengths.enumerated().map { sample, length in
      let steps = Tensor.stack((0..<length).map { x[$0..<$0 + 1].select(0)[sample..<sample + 1] })
      return try counts(gru.forward(steps).cache)
    }
    for gate in padded.indices {
      for unit in 0..<3 {
        #expect(padded[gate].low[unit] == alone.reduce(0) { $0 + $1[gate].low[unit] })
        #expect(padded[gate].high[unit] == alone.reduce(0) { $0 + $1[gate].high[unit] })
      }
    }
    #expect(padded.contains { $0.low.contains { $0 > 0 } || $0.high.contains { $0 > 0 } })
  }

  @Test func `limits can be changed`() {
    var thresholds = Thresholds()
    thresholds.saturatedShare = 0.05
    thresholds.saturatedSlope = 0.5
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    // φ′ = 0.42 for one of ten.
    let inputs = [1.0] + [Double](repeating: 0, count: 9)
    monitor.observe(0) {
      $0.recordActivation("layer", .tanh, output: tanh(Tensor(inputs, shape: [10, 1])))
    }
    #expect(monitor.alarms.map(\.threshold) == [0.05])
  }
}
