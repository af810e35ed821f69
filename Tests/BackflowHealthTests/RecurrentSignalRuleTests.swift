import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A recurrent signal is judged` {
  private let hidden = 4

  private func rnn(_ weight: Tensor<Double>) -> RNN<Double> {
    let bias = Tensor<Double>.zeros([hidden])
    return RNN(cells: [
      [
        VanillaCell(
          GateWeights(
            input: .zeros([hidden, 1]), recurrent: weight, inputBias: bias, recurrentBias: bias))
      ]
    ])
  }

  private func orthogonal(_ gain: Double) -> Tensor<Double> {
    var random = RandomSource(seed: 3)
    return Initializer.orthogonal(gain: gain)([hidden, hidden], using: &random)
  }

  /// An observation of a network at zero input, or at `input`, with a gradient of ones at the last
  /// step or at every step.
  private func observation<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, steps: Int, step: Int = 0, everywhere: Bool = false,
    input: Tensor<Double>? = nil
  ) -> StepObservation<Double> {
    let (output, cache) = network.forward(input ?? .zeros([steps, 2, network.inputSize]))
    var top = Tensor<Double>.zeros(output.shape)
    let range = everywhere ? 0..<steps : steps - 1..<steps
    top[range] = .ones([range.count] + output.shape.dropFirst())
    var observation = StepObservation<Double>(step: step)
    observation.recordRecurrent(
      "net", network, cache, traces: network.tracedBackward(top, cache).traces)
    return observation
  }

  private func findings(gain: Double, steps: Int, everywhere: Bool = false) -> [Finding] {
    var monitor = HealthMonitor<Double>()
    return monitor.judge(observation(rnn(orthogonal(gain)), steps: steps, everywhere: everywhere))
  }

  // MARK: - Explosion

  // 1.3²⁶ = 917, 1.3²⁷ = 1192
  @Test func `as an explosion beyond a thousandfold`() throws {
    #expect(findings(gain: 1.3, steps: 26).isEmpty)
    let finding = try #require(findings(gain: 1.3, steps: 27).first)
    #expect(finding.kind == .explodingGradient && finding.severity == .warning)
    #expect(finding.layer == "net.l0")
    expectClose([finding.measured], [pow(1.3, 27)], Tolerance(1e-9, scale: 1e3))
  }

  // W = I and equal gradients: the sum of m is m, the root of their sum of squares √m.
  @Test func `never as an explosion if each step passes on what it receives`() throws {
    let seen = observation(rnn(.diagonal(.ones([hidden]))), steps: 300, everywhere: true)
    let growth = try #require(BackwardGrowth(seen.recurrences[0]))
    #expect(growth.entries == 300 && growth.state == 0)
    expectClose(
      [growth.factor], [sqrt(300)], Tolerance(Double.self, length: 300, scale: 17))
    var thresholds = Thresholds()
    thresholds.exploded = 2
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    #expect(monitor.judge(seen).isEmpty)
  }

  // W = 1.3 I and m equal gradients: Σ 1.3ᵏ / √m.
  @Test func `as an explosion where the loss acts at every step`() throws {
    let steps = 40
    let seen = observation(rnn(.diagonal(.ones([hidden])) * 1.3), steps: steps, everywhere: true)
    let expected = 1.3 * (pow(1.3, 40) - 1) / 0.3 / sqrt(40)
    let growth = try #require(BackwardGrowth(seen.recurrences[0]))
    expectClose([growth.factor], [expected], Tolerance(1e-10, scale: 1) * expected)
    var monitor = HealthMonitor<Double>()
    let finding = try #require(monitor.judge(seen).first)
    #expect(finding.kind == .explodingGradient && finding.measured == growth.factor)
    #expect(finding.statement.contains("reaches the initial state is"))
  }

  // At the second observation, no Jacobian is multiplied.
  @Test func `as an explosion at every observation`() {
    var monitor = HealthMonitor<Double>()
    monitor.judge(observation(rnn(orthogonal(1)), steps: 27))
    #expect(monitor.findings.isEmpty)
    monitor.judge(observation(rnn(orthogonal(1.3)), steps: 27, step: 1))
    #expect(monitor.alarms.map(\.kind) == [.explodingGradient])
  }

  @Test func `as an explosion with advice that is not taken yet`() throws {
    let network = rnn(orthogonal(1.3))
    var seen = observation(network, steps: 30)
    var monitor = HealthMonitor<Double>()
    let plain = try #require(monitor.judge(seen).first)
    #expect(plain.cure.contains("Clipping") && plain.cure.contains("a gated cell"))
    seen.recordClipping(from: network, to: network)
    monitor = HealthMonitor()
    let clipped = try #require(monitor.judge(seen).first { $0.kind == .explodingGradient })
    #expect(!clipped.cure.contains("Clipping"))
  }

  // MARK: - Decay

  // 2⁻⁹ = 1/512, 2⁻¹⁰ = 1/1024
  @Test(arguments: [false, true])
  func `as a note below a thousandth, with the horizon`(everywhere: Bool) throws {
    #expect(findings(gain: 0.5, steps: 9, everywhere: everywhere).isEmpty)
    let finding = try #require(findings(gain: 0.5, steps: 25, everywhere: everywhere).first)
    #expect(finding.kind == .vanishingGradient && finding.severity == .note)
    #expect(
      finding.statement
        == "the gradient horizon of net.l0 is 9 steps: at the initial state, 25 steps back,"
        + " 2.98e-08 is left of a gradient that enters at the last step; × 0.5 at the first step"
        + " back, × 0.5 at each step after it")
    expectClose([finding.measured], [pow(0.5, 25)], Tolerance(1e-20, scale: 1e-8))
    #expect(findings(gain: 1, steps: 200, everywhere: everywhere).isEmpty)
  }

  @Test func `by Jacobians at the first observation and after an interval`() throws {
    var rule = HealthMonitor<Double>(thresholds: interval(100))
    #expect(rule.judge(observation(rnn(orthogonal(1)), steps: 20)).isEmpty)
    // It decays now, which is seen when the next measurement is due.
    #expect(rule.judge(observation(rnn(orthogonal(0.5)), steps: 20, step: 99)).isEmpty)
    let late = rule.judge(observation(rnn(orthogonal(0.5)), steps: 20, step: 100))
    #expect(late.map(\.kind) == [.vanishingGradient])
  }

  private func interval(_ steps: Int) -> Thresholds {
    var thresholds = Thresholds()
    thresholds.horizonInterval = steps
    return thresholds
  }

  @Test func `as a note for an LSTM that forgets at once, and not for one that remembers`() {
    var random = RandomSource(seed: 17)
    for (bias, isFound) in [(-3.0, true), (3, false)] {
      let lstm = LSTM<Double>(inputSize: 3, hiddenSize: 16, forgetBias: bias, using: &random)
      var monitor = HealthMonitor<Double>()
      monitor.judge(observation(lstm, steps: 30, input: input(30, size: 0.1)))
      let found = monitor.findings.filter { $0.kind == .vanishingGradient }
      #expect(found.map(\.severity) == (isFound ? [.note] : []), "forget bias \(bias)")
    }
  }

  // MARK: - Advice

  private func advice<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, steps: Int = 64, input: Tensor<Double>? = nil
  ) throws -> String {
    var monitor = HealthMonitor<Double>()
    let seen = observation(network, steps: steps, input: input)
    return try #require(monitor.judge(seen).first { $0.kind == .vanishingGradient }).cure
  }

  private func input(_ steps: Int, size: Double = 1) -> Tensor<Double> {
    var random = RandomSource(seed: 5)
    return random.normal([steps, 2, 3], standardDeviation: size)
  }

  // σ(1)⁶⁴ = 2e-9, and ln 63 = 4.14.
  @Test func `with the bias of the gates that close too early`() throws {
    var random = RandomSource(seed: 17)
    let weak = Initializer.orthogonal(gain: 0.1)
    let lstm = LSTM<Double>(
      inputSize: 3, hiddenSize: 16, recurrentWeights: weak, using: &random)
    let ofLSTM = try advice(lstm, input: input(64, size: 0.1))
    #expect(
      ofLSTM.contains("the forget gates, which carry 0.73") && ofLSTM.contains("= 4.14 opens"))
    let gru = GRU<Double>(inputSize: 3, hiddenSize: 16, recurrentWeights: weak, using: &random)
    #expect(
      try advice(gru, input: input(64, size: 0.1)).contains("the update gates, which carry 0.5"))
    let original = OriginalGRU<Double>(
      inputSize: 3, hiddenSize: 16, recurrentWeights: weak, using: &random)
    #expect(
      try advice(original, input: input(64, size: 0.1))
        .contains("the update gates, which carry 0.5"))
  }

  @Test func `without the advice to open gates that are open`() throws {
    var random = RandomSource(seed: 18)
    let open = LSTM<Double>(inputSize: 3, hiddenSize: 16, forgetBias: 5, using: &random)
    var monitor = HealthMonitor<Double>()
    monitor.judge(observation(open, steps: 64, input: input(64, size: 0.1)))
    #expect(!monitor.findings.contains { $0.kind == .vanishingGradient })
    // Output gates of σ(−9) = 1.2e-4 lose the gradient at the first step.
    var cell = open.cells[0][0]
    cell.weights.inputBias?[48..<64] = Tensor(repeating: -9, shape: [16])
    let shut = try advice(LSTM(cells: [[cell]]), input: input(64, size: 0.1))
    #expect(shut.contains("the forget gates are open (0.99") && !shut.contains("bias"))
  }

  @Test func `for a vanilla cell by what shortens the gradient`() throws {
    #expect(
      try advice(rnn(orthogonal(0.5)))
        == "A gated cell, or an orthogonal recurrent weight: this one multiplies a gradient by 0.5 a"
        + " step.")
    var random = RandomSource(seed: 19)
    let saturated = RNN<Double>(inputSize: 3, hiddenSize: 16, using: &random)
    let slopes = try advice(saturated, input: input(64, size: 3))
    #expect(slopes.contains("the slopes of the nonlinearity") && !slopes.contains("orthogonal"))
    let leaky = Recurrent<LeakyCell<Double>>(
      inputSize: 3, hiddenSize: 16, recurrentWeights: .orthogonal(gain: 0.1), using: &random)
    #expect(try advice(leaky, steps: 200, input: input(200)).contains("A leak of at most 1/200"))
  }
}

extension `A recurrent signal is judged` {
  @Test func `alike by any number of threads`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 1
      let alone = largeGrowth()
      for threads in [2, 3] {
        Threads.count = threads
        let together = largeGrowth()
        #expect(largeGrowth() == together)
        #expect(alone != nil && together?.state == alone?.state)
        expectClose(
          [together?.factor ?? .nan], [alone?.factor ?? .nan],
          Tolerance(Float.self, length: 50, scale: 1))
      }
    }
  }
}

/// Of a trace that is large enough to be divided among threads.
private func largeGrowth() -> BackwardGrowth? {
  var random = RandomSource(seed: 5)
  let rnn = RNN<Float>(inputSize: 2, hiddenSize: 80, using: &random)
  return BackwardGrowth(
    recurrentSignal(rnn, random.normal([50, 80, 2]), random.normal([50, 80, 80])))
}

private func * (tolerance: Tolerance, factor: Double) -> Tolerance {
  Tolerance(tolerance.value * factor, scale: tolerance.scale * factor)
}
