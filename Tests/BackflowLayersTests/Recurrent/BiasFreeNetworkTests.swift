import Backflow
import TestSupport
import Testing

@Suite struct `A recurrent network without biases` {
  @Test func `computes as with biases of zero`() {
    checkAllCells(Float.self)
    checkAllCells(Double.self)
  }

  @Test func `has only weights as parameters, with PyTorch's names`() {
    var random = RandomSource(seed: 1)
    let network = LSTM<Float>(
      inputSize: 3, hiddenSize: 5, layers: 2, bidirectional: true, bias: false, using: &random)
    #expect(
      network.namedParameters.map(\.name)
        == ["_l0", "_l0_reverse", "_l1", "_l1_reverse"].flatMap { suffix in
          ["weight_ih", "weight_hh"].map { $0 + suffix }
        })
  }

  @Test func `draws the same weights as one with biases`() {
    func check<Cell: RecurrentCell>(_ make: (Bool, inout RandomSource) -> Recurrent<Cell>) {
      var (one, other) = (RandomSource(seed: 5), RandomSource(seed: 5))
      let (with, without) = (make(true, &one), make(false, &other))
      #expect(without.cells[0][0].weights.input == with.cells[0][0].weights.input)
      #expect(without.cells[0][0].weights.recurrent == with.cells[0][0].weights.recurrent)
      #expect(with.cells[0][0].weights.hasBias && !without.cells[0][0].weights.hasBias)
    }
    check { RNN<Float>(inputSize: 2, hiddenSize: 3, bias: $0, using: &$1) }
    check { RNN<Float>(inputSize: 2, hiddenSize: 3, nonlinearity: .relu, bias: $0, using: &$1) }
    check { LSTM<Float>(inputSize: 2, hiddenSize: 3, bias: $0, using: &$1) }
    check { GRU<Float>(inputSize: 2, hiddenSize: 3, bias: $0, using: &$1) }
    check { OriginalGRU<Float>(inputSize: 2, hiddenSize: 3, bias: $0, using: &$1) }
    check { LeakyRNN<Float>(inputSize: 2, hiddenSize: 3, leak: 0.4, bias: $0, using: &$1) }
  }

  @Test func `cannot have one of the two biases`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GateWeights<Float>(
        input: .zeros([4, 2]), recurrent: .zeros([4, 4]), recurrentBias: .zeros([4]))
    }
    #expect(stopMessage(result).contains("b_ih none and b_hh [4]"))
    let changed = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      var network = GRU<Float>(inputSize: 2, hiddenSize: 3, using: &random)
      network.cells[0][0].weights.recurrentBias = nil
      _ = network(.zeros([1, 1, 2]))
    }
    #expect(stopMessage(changed).contains("b_ih [9] and b_hh none"))
  }
}

private func checkAllCells<S: RealScalar>(_: S.Type) {
  var random = RandomSource(seed: 4)
  for bidirectional in [false, true] {
    check(
      RNN<S>(
        inputSize: 3, hiddenSize: 4, layers: 2, bidirectional: bidirectional, bias: false,
        using: &random), &random)
    check(
      RNN<S>(
        inputSize: 3, hiddenSize: 4, nonlinearity: .sigmoid, bidirectional: bidirectional,
        bias: false, using: &random), &random)
    check(
      LSTM<S>(
        inputSize: 3, hiddenSize: 4, layers: 2, bidirectional: bidirectional, bias: false,
        using: &random), &random)
    check(
      GRU<S>(
        inputSize: 3, hiddenSize: 4, layers: 2, bidirectional: bidirectional, bias: false,
        using: &random), &random)
    check(
      OriginalGRU<S>(
        inputSize: 3, hiddenSize: 4, layers: 2, bidirectional: bidirectional, bias: false,
        using: &random), &random)
  }
}

private func check<Cell: RecurrentCell>(_ network: Recurrent<Cell>, _ random: inout RandomSource) {
  let neutral = network.mapCells { cell in
    var cell = cell
    let rows = cell.weights.recurrent.shape[0]
    cell.weights.inputBias = .zeros([rows])
    cell.weights.recurrentBias = .zeros([rows])
    return cell
  }
  for time in [1, 6] {
    for batch in [1, 3] {
      let input: Tensor<Cell.Scalar> = random.normal([time, batch, 3])
      expectEqual(network, neutral, input, lengths: nil, &random)
      let lengths = (0..<batch).map { min(time, ($0 + 1) % 3) }
      expectEqual(network, neutral, input, lengths: lengths, &random)
    }
  }
  if network.directionCount == 1 {
    var (stream, neutralStream) = (network.stream(batch: 2), neutral.stream(batch: 2))
    for _ in 0..<3 {
      let x: Tensor<Cell.Scalar> = random.normal([2, 3])
      #expect(stream.step(x) == neutralStream.step(x), "\(Cell.self)")
    }
  }
}

/// Expects the same outputs, final states and gradients of both networks.
private func expectEqual<Cell: RecurrentCell>(
  _ network: Recurrent<Cell>, _ neutral: Recurrent<Cell>, _ input: Tensor<Cell.Scalar>,
  lengths: [Int]?, _ random: inout RandomSource
) {
  let what: Comment = "\(Cell.self) \(input.shape) \(lengths ?? [])"
  let states = network.zeroState(batch: input.shape[1]).map { state in
    Cell.State(tensors: state.tensors.map { random.normal($0.shape) })
  }
  let (output, finalState, cache) = network.forward(input, initialState: states, lengths: lengths)
  let (expected, expectedState, neutralCache) = neutral.forward(
    input, initialState: states, lengths: lengths)
  #expect(output == expected, what)
  #expect(finalState.flatMap(\.tensors) == expectedState.flatMap(\.tensors), what)

  let outputGradient: Tensor<Cell.Scalar> = random.normal(output.shape)
  let (byInput, byState, gradients) = network.backward(
    outputGradient, finalStateGradient: states, cache)
  let (expectedByInput, expectedByState, expectedGradients) = neutral.backward(
    outputGradient, finalStateGradient: states, neutralCache)
  #expect(byInput == expectedByInput, what)
  #expect(byState.flatMap(\.tensors) == expectedByState.flatMap(\.tensors), what)
  let weights = expectedGradients.namedParameters.filter { $0.name.hasPrefix("weight") }
  #expect(gradients.namedParameters.map(\.name) == weights.map(\.name), what)
  #expect(gradients.namedParameters.map(\.value) == weights.map(\.value), what)
}
