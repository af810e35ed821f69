import Backflow
import TestSupport
import Testing

@Suite struct `Every recurrent network` {
  @Test func `accepts empty sequences and empty batches`() {
    for network in networks {
      network.expectNothing(time: 0, batch: 2, lengths: nil)
      network.expectNothing(time: 0, batch: 2, lengths: [0, 0])
      network.expectNothing(time: 3, batch: 2, lengths: [0, 0])
      network.expectNothing(time: 3, batch: 0, lengths: nil)
      network.expectNothing(time: 3, batch: 0, lengths: [])
    }
  }

  @Test func `returns the same for each sample in a ragged batch and alone`() {
    for network in networks { network.expectSamplesAlone() }
  }
}

@Suite struct `A recurrence on several threads` {
  // This test runs in a separate process, because it changes the number of threads.
  @Test func `returns the same bits every time, and agrees with one thread up to rounding`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 3)
      expectSameOnThreads(RNN(inputSize: 16, hiddenSize: 64, using: &random))
      expectSameOnThreads(LSTM(inputSize: 16, hiddenSize: 64, using: &random))
      expectSameOnThreads(GRU(inputSize: 16, hiddenSize: 64, using: &random))
      expectSameOnThreads(OriginalGRU(inputSize: 16, hiddenSize: 64, using: &random))
      expectSameOnThreads(LeakyRNN(inputSize: 16, hiddenSize: 64, leak: 0.4, using: &random))
    }
  }
}

private func expectSameOnThreads<Cell: RecurrentCell<Double>>(_ network: Recurrent<Cell>) {
  var random = RandomSource(seed: 4)
  let network = network.drawn(using: &random)
  let x: Tensor<Double> = random.normal([64, 16, 16])
  let upstream: Tensor<Double> = random.normal([64, 16, 64])
  for lengths in [nil, (0..<16).map { 64 - 4 * $0 }] {
    func run() -> [Tensor<Double>] {
      let (output, _, cache) = network.forward(x, initialState: nil, lengths: lengths)
      let (input, states, gradients, traces) = network.tracedBackward(upstream, cache)
      return [output, input] + states.flatMap(\.tensors)
        + traces.flatMap { [$0.preactivationGradient] + $0.stateGradients }
        + gradients.namedParameters.map(\.value)
    }
    Threads.count = 1
    let one = run()
    for count in [2, 3] {
      Threads.count = count
      let several = run()
      precondition(several == run())
      for (a, b) in zip(one, several) {
        precondition((a - b).maxMagnitude() <= 1e-12 * a.maxMagnitude() && a.maxMagnitude() > 0)
      }
    }
  }
}

// MARK: - Expectations of every network

/// Networks of each kind of cell with two layers, in one direction and in both directions.
private var networks: [any RecurrentNetwork] {
  var random = RandomSource(seed: 1)
  var networks: [any RecurrentNetwork] = []
  for both in [false, true] {
    networks.append(
      RNN<Double>(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: both, using: &random))
    networks.append(
      LSTM<Double>(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: both, using: &random))
    networks.append(
      GRU<Double>(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: both, using: &random))
    networks.append(
      OriginalGRU<Double>(
        inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: both, using: &random))
  }
  return networks
}

private protocol RecurrentNetwork {
  /// If no sample has a step, the output is zero, the states do not change, and the gradients are
  /// zero.
  func expectNothing(time: Int, batch: Int, lengths: [Int]?)
  /// The output, the states and the gradients of a ragged batch are those of its samples alone.
  func expectSamplesAlone()
}

extension Recurrent: RecurrentNetwork where Cell.Scalar == Double {
  /// Returns the results of both passes: the sequences, the states and their gradients, and the
  /// gradients with respect to the parameters.
  private func run(
    _ x: Tensor<Double>, _ upstream: Tensor<Double>, from start: [Cell.State],
    to end: [Cell.State], lengths: [Int]?
  ) -> (sequences: [Tensor<Double>], states: [Tensor<Double>], gradients: [Tensor<Double>]) {
    let (output, states, cache) = forward(x, initialState: start, lengths: lengths)
    let (input, byState, gradients) = backward(upstream, finalStateGradient: end, cache)
    return (
      [output, input], (states + byState).flatMap(\.tensors),
      gradients.namedParameters.map(\.value)
    )
  }

  private func drawnStates(batch: Int, using random: inout RandomSource) -> [Cell.State] {
    zeroState(batch: batch).map { state in
      Cell.State(tensors: state.tensors.map { random.normal($0.shape) })
    }
  }

  fileprivate func expectNothing(time: Int, batch: Int, lengths: [Int]?) {
    var random = RandomSource(seed: 2)
    let start = drawnStates(batch: batch, using: &random)
    let end = drawnStates(batch: batch, using: &random)
    let width = hiddenSize * directionCount
    let result = run(
      random.normal([time, batch, inputSize]), random.normal([time, batch, width]), from: start,
      to: end, lengths: lengths)
    #expect(result.sequences == [.zeros([time, batch, width]), .zeros([time, batch, inputSize])])
    #expect(result.states == (start + end).flatMap(\.tensors))
    #expect(result.gradients == namedParameters.map { .zeros($0.value.shape) })
  }

  fileprivate func expectSamplesAlone() {
    var random = RandomSource(seed: 4)
    let network = drawn(using: &random)
    let lengths = [2, 5, 0, 3]
    let x: Tensor<Double> = random.normal([5, 4, inputSize])
    let upstream: Tensor<Double> = random.normal([5, 4, hiddenSize * directionCount])
    let start = drawnStates(batch: 4, using: &random)
    let end = drawnStates(batch: 4, using: &random)
    let whole = network.run(x, upstream, from: start, to: end, lengths: lengths)

    var sums = whole.gradients.map { Tensor<Double>.zeros($0.shape) }
    for (sample, length) in lengths.enumerated() {
      func own(_ sequence: Tensor<Double>) -> Tensor<Double> {
        sequence.slice(sample..<sample + 1, axis: 1)[0..<length]
      }
      func own(_ states: [Cell.State]) -> [Cell.State] {
        states.map { Cell.State(tensors: $0.tensors.map { $0[sample..<sample + 1] }) }
      }
      let alone = network.run(own(x), own(upstream), from: own(start), to: own(end), lengths: nil)
      for (batched, single) in zip(whole.sequences, alone.sequences) {
        expectEqual(own(batched), single)
      }
      for (batched, single) in zip(whole.states, alone.states) {
        expectEqual(batched[sample..<sample + 1], single)
      }
      for index in sums.indices { sums[index] += alone.gradients[index] }
    }
    for (batched, sum) in zip(whole.gradients, sums) { expectEqual(batched, sum) }
  }
}

private func expectEqual(_ actual: Tensor<Double>, _ expected: Tensor<Double>) {
  #expect(actual.shape == expected.shape)
  if expected.isEmpty { return }
  expectClose(
    actual.elements, expected.elements,
    Tolerance(Double.self, length: 40, scale: max(1, expected.elements.map(abs).max() ?? 0)))
}
