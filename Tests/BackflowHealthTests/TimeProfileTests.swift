import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The profile of a signal through time` {
  private let hidden = 4

  /// h_t = h_{t−1} W, with a slope of `slope` everywhere: what flows back from the last output
  /// alone.
  private func trace(
    _ weight: Tensor<Double>, slope: Double = 1, steps: Int
  ) -> BackwardTrace<Double> {
    let top: Tensor<Double> = Tensor(samples(2 * hidden), shape: [2, hidden])
    var (inner, states) = ([Tensor<Double>](), [Tensor<Double>.zeros([2, hidden])])
    for t in (0..<steps).reversed() {
      let arrived = t == steps - 1 ? top : states[0]
      inner.insert(arrived * slope, at: 0)
      states.insert(matmul(arrived * slope, weight), at: 0)
    }
    var output = Tensor<Double>.zeros([steps, 2, hidden])
    output.replaceSlice(steps - 1..<steps, with: .stack([top]))
    return BackwardTrace(output, .stack(inner), states: [.stack(states)])
  }

  private func observation(_ trace: BackwardTrace<Double>) -> StepObservation<Double> {
    var random = RandomSource(seed: 2)
    let steps = trace.outputGradient.shape[0]
    let rnn = RNN<Double>(inputSize: 1, hiddenSize: hidden, using: &random)
    let (_, cache) = rnn.forward(.zeros([steps, 2, 1]))
    var observation = StepObservation<Double>(step: 0)
    observation.recordRecurrent("rnn", rnn, cache, traces: [trace])
    return observation
  }

  private func orthogonal(_ gain: Double) -> Tensor<Double> {
    var random = RandomSource(seed: 3)
    return Initializer.orthogonal(gain: gain)([hidden, hidden], using: &random)
  }

  private func findings(gain: Double, steps: Int) -> [Finding] {
    var monitor = HealthMonitor<Double>()
    return monitor.judge(observation(trace(orthogonal(gain), steps: steps)))
  }

  @Test func `is the gain of the weight times the slope, step by step`() throws {
    let seen = observation(trace(orthogonal(1.3), slope: 0.5, steps: 20))
    let profile = TimeProfile(try #require(seen.recurrences.first))
    expectClose(
      profile.logFactors, [Double](repeating: log(0.65), count: 20),
      Tolerance(Double.self, length: 16, scale: 1))
    expectClose(
      [profile.factorPerStep, profile.restFactor ?? .nan, profile.activationFactor],
      [0.65, 1.3, 0.5],
      Tolerance(Double.self, length: 64, scale: 0.5))
    expectClose(
      [profile.logAttenuation], [20 * log(0.65)], Tolerance(Double.self, length: 64, scale: 8))
  }

  // 1.3²⁶ = 917, 1.3²⁷ = 1192
  @Test func `explodes beyond a thousandfold`() throws {
    #expect(findings(gain: 1.3, steps: 26).isEmpty)
    let finding = try #require(findings(gain: 1.3, steps: 27).first)
    #expect(finding.kind == .explodingGradient && finding.layer == "rnn.l0")
    expectClose([finding.measured], [pow(1.3, 27)], Tolerance(1e-9, scale: 1e3))
  }

  // 2⁻⁹ = 1/512, 2⁻¹⁰ = 1/1024
  @Test func `vanishes below a thousandth, and tells how many steps it lasts`() throws {
    #expect(findings(gain: 0.5, steps: 9).isEmpty)
    let finding = try #require(findings(gain: 0.5, steps: 15).first)
    #expect(finding.kind == .vanishingGradient && finding.layer == "rnn.l0")
    #expect(
      finding.statement.contains(
        "in rnn.l0, less than 0.001 of the gradient is left after 9 of 15 steps back"))
    let profile = TimeProfile(observation(trace(orthogonal(0.5), steps: 15)).recurrences[0])
    #expect(profile.horizon(1e-3) == 9 && profile.horizon(1e-9) == nil)
    #expect(findings(gain: 1, steps: 200).isEmpty)
  }

  @Test func `is a failure below a millionth`() {
    #expect(findings(gain: 0.5, steps: 19).map(\.severity) == [.warning])
    #expect(findings(gain: 0.5, steps: 20).map(\.severity) == [.failure])
  }

  // h̄ of 1 at the last step; at the first four steps weights of 10 make up for four of 0.1.
  @Test func `measures what was left where the least was left`() throws {
    let states = Tensor<Double>([1, 0.1, 0.01, 1e-3, 1e-4, 1e-3, 0.01, 0.1, 0])
      .reshaped(to: [9, 1, 1])
    var output = Tensor<Double>.zeros([8, 1, 1])
    output[7, 0, 0] = 1
    var seen = StepObservation<Double>(step: 0)
    var random = RandomSource(seed: 2)
    let rnn = RNN<Double>(inputSize: 1, hiddenSize: 1, using: &random)
    seen.recordRecurrent(
      "rnn", rnn, rnn.forward(.zeros([8, 1, 1])).cache,
      traces: [BackwardTrace(output, .ones([8, 1, 1]), states: [states])])
    let profile = TimeProfile(seen.recurrences[0])
    expectClose([profile.logAttenuation], [0], Tolerance(1e-12, scale: 1))
    expectClose([profile.lowestLogAttenuation], [4 * log(0.1)], Tolerance(1e-12, scale: 1))
    var monitor = HealthMonitor<Double>()
    let finding = try #require(monitor.judge(seen).first { $0.kind == .vanishingGradient })
    expectClose([finding.measured], [1e-4], Tolerance(1e-14, scale: 1e-4))
  }

  @Test(arguments: [([0, 2, 1], 0), ([3, 0, 1], 3)])
  func `of no steps or no samples is empty`(extents: [Int], steps: Int) {
    var random = RandomSource(seed: 4)
    let input = Tensor<Double>.zeros(Shape(extents))
    let rnn = RNN<Double>(inputSize: 1, hiddenSize: hidden, using: &random)
    let lstm = LSTM<Double>(inputSize: 1, hiddenSize: hidden, using: &random)
    let gru = GRU<Double>(inputSize: 1, hiddenSize: hidden, using: &random)
    let top = Tensor<Double>.zeros([extents[0], extents[1], hidden])
    var observation = StepObservation<Double>(step: 0)
    let (_, rnnCache) = rnn.forward(input)
    observation.recordRecurrent(
      "rnn", rnn, rnnCache, traces: rnn.tracedBackward(top, rnnCache).traces)
    let (_, lstmCache) = lstm.forward(input)
    observation.recordRecurrent(
      "lstm", lstm, lstmCache, traces: lstm.tracedBackward(top, lstmCache).traces)
    let (_, gruCache) = gru.forward(input)
    observation.recordRecurrent(
      "gru", gru, gruCache, traces: gru.tracedBackward(top, gruCache).traces)
    #expect(observation.recurrences.count == 3)
    for signal in observation.recurrences { #expect(TimeProfile(signal).logFactors.isEmpty) }
    var monitor = HealthMonitor<Double>()
    #expect(monitor.judge(observation).isEmpty)
  }

  @Test func `depends on the number of threads in the last bits only`() async {
    await #expect(processExitsWith: .success) {
      Threads.count = 1
      let alone = longProfile()
      #expect(alone.logFactors.count == 50)
      for threads in [2, 3] {
        Threads.count = threads
        let together = longProfile()
        #expect(longProfile() == together)
        expectClose(together.logFactors, alone.logFactors, Tolerance(1e-6, scale: 1))
        expectClose(
          together.logActivationFactors, alone.logActivationFactors, Tolerance(1e-6, scale: 1))
      }
    }
  }

  @Test func `of a gradient that never gets through is −∞, and without steps empty`() throws {
    let blocked = TimeProfile(
      observation(trace(.zeros([hidden, hidden]), steps: 3)).recurrences[0])
    #expect(blocked.logFactors == [-.infinity] && blocked.factorPerStep == 0)
    #expect(blocked.horizon(1e-3) == 0)
    let silent = TimeProfile(observation(trace(orthogonal(1), slope: 0, steps: 3)).recurrences[0])
    #expect(silent.activationFactor == 0 && silent.restFactor == nil)
    let zero = BackwardTrace<Double>(
      .zeros([3, 2, hidden]), .zeros([3, 2, hidden]), states: [.zeros([4, 2, hidden])])
    let nothing = TimeProfile(observation(zero).recurrences[0])
    #expect(nothing.logFactors.isEmpty && nothing.factorPerStep == 1)
  }
}

/// Of a trace that is large enough to be divided among threads.
private func longProfile() -> TimeProfile {
  var random = RandomSource(seed: 5)
  let rnn = RNN<Float>(inputSize: 2, hiddenSize: 80, using: &random)
  let (output, cache) = rnn.forward(random.normal([50, 80, 2]))
  let traces = rnn.tracedBackward(random.normal(output.shape), cache).traces
  var observation = StepObservation<Float>(step: 0)
  observation.recordRecurrent("rnn", rnn, cache, traces: traces)
  return TimeProfile(observation.recurrences[0])
}
