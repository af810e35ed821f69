import Backflow
import Foundation
import TestSupport
import Testing

/// The product of Jacobians against explicit matrices, and against a backward pass of a loss at the
/// last step.
@Suite struct `The profile of a cell through time` {
  /// ‖J_{T−k+1}ᵀ … J_Tᵀ g‖ / ‖g‖ with the matrices J_t, in logarithms.
  private func denseProfile<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, _ input: Tensor<Double>, last: Tensor<Double>
  ) -> [Double] {
    let (_, cache) = network.forward(input)
    let cell = network.cells(in: cache)[0]
    let size = cell.linearized(0, 0).stateSize
    var v = Tensor<Double>.zeros([size])
    v[0..<last.count] = last
    let norms = (0..<input.shape[0]).reversed().map { t -> Double in
      v = matvec(cell.linearized(t, 0).stateMatrix.transposed, v)
      return v.norm()
    }
    return [0] + norms.map { log($0 / last.norm()) }
  }

  private func expectDense<Cell: RecurrentCell<Double>>(
    _: Cell.Type, weights: Initializer = .orthogonal(gain: 0.9)
  ) {
    var random = RandomSource(seed: 31)
    let network = Recurrent<Cell>(
      inputSize: 3, hiddenSize: 6, recurrentWeights: weights, using: &random)
    let input: Tensor<Double> = random.normal([25, 1, 3])
    let top: Tensor<Double> = random.normal([25, 1, 6])
    let profile = TimeProfile(recurrentSignal(network, input, top))
    expectClose(
      profile.logNorms, denseProfile(network, input, last: top.select(24).flattened),
      // A step is a sum of at most 4 · 6 products, and the errors of 25 steps add up.
      Tolerance(Double.self, length: 25 * 24, scale: 1), "\(Cell.self)")
  }

  @Test func `is the product of its Jacobians as matrices`() {
    expectDense(LSTMCell<Double>.self)
    expectDense(GRUCell<Double>.self)
    expectDense(OriginalGRUCell<Double>.self)
    expectDense(VanillaCell<Double>.self)
    expectDense(LeakyCell<Double>.self)
    expectDense(LSTMCell<Double>.self, weights: .normal(standardDeviation: 1))
  }

  /// The first step and the rate that the statement names, for a cell of which both are known: an
  /// LSTM without recurrent weights, at a constant input, has c̄_{t−1} = f c̄_t.
  @Test func `tells the first step of an LSTM from the others`() {
    let H = 3
    func bias(_ gates: [Double]) -> Tensor<Double> {
      .concatenate(gates.map { Tensor(repeating: $0, shape: [H]) })
    }
    // i = ½, f = σ(2), g = 0, o = σ(−1), so that c = 0 and h = 0.
    let cell = LSTMCell(
      GateWeights(
        input: .zeros([4 * H, 1]), recurrent: .zeros([4 * H, H]),
        inputBias: bias([0, 2, 0, -1]), recurrentBias: .zeros([4 * H])))
    let profile = TimeProfile(
      recurrentSignal(LSTM(cells: [[cell]]), .zeros([10, 2, 1]), .ones([10, 2, H])))
    let (f, o) = (1 / (1 + exp(-2.0)), 1 / (1 + exp(1.0)))
    expectClose(
      [profile.firstFactor, profile.laterFactor], [o * f, f],
      Tolerance(Double.self, length: 10, scale: 0.2))
    #expect(profile.weightFactor == nil)
  }

  /// Compares with the gradient of the initial state, relative to that of the last step, from a
  /// backward pass of a loss there.
  private func expectBackwardPass<Scalar: RealScalar>(_: Scalar.Type) {
    var random = RandomSource(seed: 7)
    let (T, B, H) = (64, 8, 128)
    let lstm = LSTM<Scalar>(inputSize: 64, hiddenSize: H, using: &random)
    let input: Tensor<Scalar> = random.normal([T, B, 64])
    let everywhere: Tensor<Scalar> = random.normal([T, B, H])
    var last = Tensor<Scalar>.zeros(everywhere.shape)
    last[T - 1..<T] = everywhere[T - 1..<T]
    let (_, cache) = lstm.forward(input)
    let (_, initial, _) = lstm.backward(last, finalStateGradient: nil, cache)
    func norm(_ tensors: [Tensor<Scalar>]) -> Double {
      sqrt(tensors.flatMap(\.elements).reduce(0) { $0 + Double($1) * Double($1) })
    }
    let signal = recurrentSignal(lstm, input, everywhere)
    // A step rounds by the order of √(4 H) = 23 ε; the errors of 64 steps add up.
    let tolerance = Tolerance(Scalar.self, length: 64 * 23, scale: 1, factor: 1)
    let all = TimeProfile(signal, samples: B)
    let expected = log(norm(initial[0].tensors) / norm([last]))
    expectClose([all.logAttenuation], [expected], tolerance)
    #expect(all.logAttenuation < log(1e-3) && all.samples == B)
    // Samples 0 and 4 stand for the batch by default.
    let two = initial[0].tensors.map { $0.selectRows([0, 4]) }
    expectClose(
      [TimeProfile(signal).logAttenuation],
      [log(norm(two) / norm([last.select(T - 1).selectRows([0, 4])]))], tolerance)
    let growth = BackwardGrowth(recurrentSignal(lstm, input, last))
    #expect(growth.map { $0.entries == 1 && $0.factor <= 1 } == true)
  }

  @Test func `is what a backward pass of a loss at the last step gives`() {
    expectBackwardPass(Float.self)
    expectBackwardPass(Double.self)
  }

  // Each sample from its own last step, with a gradient of the final state.
  @Test func `counts samples of different length from their own end`() {
    var random = RandomSource(seed: 8)
    let (T, H, lengths) = (9, 5, [4, 9, 0, 7])
    let gru = GRU<Double>(inputSize: 2, hiddenSize: H, using: &random)
    let input: Tensor<Double> = random.normal([T, 4, 2])
    let top: Tensor<Double> = random.normal([T, 4, H])
    let final: Tensor<Double> = random.normal([4, H])
    let signal = recurrentSignal(
      gru, input, top, finalStateGradient: [final], lengths: lengths)
    let profile = TimeProfile(signal, samples: 4)
    // Sample by sample, as a batch of one, with everything at the last step.
    let norms = [4, 9, 7].map { length -> [Double] in
      let n = lengths.firstIndex(of: length)!
      let own = input[0..<length].slice(n..<n + 1, axis: 1)
      let last = top.select(length - 1).select(n) + final.select(n)
      let (_, _, cache) = gru.forward(own, initialState: nil)
      let trace = gru.tracedBackward(
        .zeros([length, 1, H]), finalStateGradient: [last.reshaped(to: [1, H])], cache
      ).traces[0]
      return (0...length).map { trace.stateGradients[0].select(length - $0).norm() }
    }
    let expected = (0...9).map { k -> Double in
      let running = norms.filter { $0.count > k }
      return log(
        running.reduce(0) { hypot($0, $1[k]) } / running.reduce(0) { hypot($0, $1[0]) })
    }
    expectClose(
      profile.logNorms, expected, Tolerance(Double.self, length: 9 * 15, scale: 1))
    #expect(profile.samples == 3)
  }

  // The last output of the backward direction has read one input.
  @Test func `follows a backward direction in its own order`() {
    var random = RandomSource(seed: 9)
    let lstm = LSTM<Double>(inputSize: 2, hiddenSize: 4, bidirectional: true, using: &random)
    let (output, cache) = lstm.forward(random.normal([7, 3, 2]))
    var top = Tensor<Double>.zeros(output.shape)
    top[6..<7] = random.normal([1, 3, 8])
    let (_, initial, _, traces) = lstm.tracedBackward(top, cache)
    var observation = StepObservation<Double>(step: 0)
    observation.recordRecurrent("net", lstm, cache, traces: traces)
    let profiles = observation.recurrences.map { TimeProfile($0, samples: 3) }
    #expect(profiles.map(\.steps) == [7, 1])
    for (direction, profile) in profiles.enumerated() {
      let entered = top.slice(direction * 4..<(direction + 1) * 4, axis: 2).norm()
      let reached = initial[direction].tensors.reduce(0) { hypot($0, $1.norm()) }
      expectClose(
        [profile.logAttenuation], [log(reached / entered)],
        Tolerance(Double.self, length: 7 * 16, scale: 1))
    }
  }
}
