import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A recurrent network that is watched` {
  /// What flows back through `steps` steps from the last output alone.
  private func observation<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, _ input: Tensor<Double>,
    show: (inout StepObservation<Double>, Recurrent<Cell>.Cache, [BackwardTrace<Double>]) -> Void
  ) -> StepObservation<Double> {
    var random = RandomSource(seed: 14)
    let (output, cache) = network.forward(input)
    let last = output.shape[0] - 1
    var top = Tensor<Double>.zeros(output.shape)
    top[last..<last + 1] = random.normal([1, output.shape[1], output.shape[2]])
    let (_, _, _, traces) = network.tracedBackward(top, cache)
    var observation = StepObservation<Double>(step: 0)
    show(&observation, cache, traces)
    return observation
  }

  private func rnn(gain: Double) -> RNN<Double> {
    var random = RandomSource(seed: 15)
    return RNN(
      inputSize: 3, hiddenSize: 24, recurrentWeights: .orthogonal(gain: gain), using: &random)
  }

  @Test func `passes back the gain of its weight where its units are linear`() {
    let input = Tensor<Double>(samples(12 * 5 * 3), shape: [12, 5, 3]) * 1e-6
    let rnn = rnn(gain: 0.9)
    let seen = observation(rnn, input) { $0.recordRecurrent("rnn", rnn, $1, traces: $2) }
    let profile = TimeProfile(seen.recurrences[0])
    // 1 − φ′ is of the size of h².
    expectClose(
      profile.logNorms, (0...12).map { Double($0) * log(0.9) }, Tolerance(1e-9, scale: 1))
    expectClose([profile.weightFactor ?? .nan], [0.9], Tolerance(1e-9, scale: 0.9))
  }

  @Test func `explodes by a spectral radius of 1.3 only where its units are not saturated`() {
    let rnn = rnn(gain: 1.3)
    func alarms(_ inputSize: Double) -> [Finding.Kind] {
      let input = Tensor<Double>(samples(40 * 5 * 3), shape: [40, 5, 3]) * inputSize
      var monitor = HealthMonitor<Double>()
      monitor.judge(observation(rnn, input) { $0.recordRecurrent("rnn", rnn, $1, traces: $2) })
      return monitor.alarms.map(\.kind)
    }
    #expect(alarms(1e-6) == [.explodingGradient])
    #expect(!alarms(2).contains(.explodingGradient))
  }

  @Test func `is named by layer and direction, and each gate by its name`() {
    var random = RandomSource(seed: 16)
    let gru = GRU<Double>(
      inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, using: &random)
    let seen = observation(gru, random.normal([4, 2, 2])) {
      $0.recordRecurrent("gru", gru, $1, traces: $2)
    }
    #expect(
      seen.recurrences.map(\.layer) == ["gru.l0", "gru.l0_reverse", "gru.l1", "gru.l1_reverse"])
    #expect(seen.activations.prefix(3).map(\.gate) == ["reset", "update", "candidate"])
    #expect(seen.activations.prefix(3).map(\.features) == [0..<3, 3..<6, 6..<9])
    #expect(Set(seen.activations.map(\.layer)).count == 4)
  }
}
