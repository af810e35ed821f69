import Backflow
import BackflowKernels
import TestSupport
import Testing

@Suite struct `A recurrent stream` {
  // This test runs in a separate process, because the pool belongs to the process.
  @Test func `allocates neither tensors nor other memory`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      expectNoTensor(RNN(inputSize: 6, hiddenSize: 10, layers: 2, using: &random))
      expectNoTensor(RNN(inputSize: 6, hiddenSize: 10, nonlinearity: .relu, using: &random))
      expectNoTensor(LSTM(inputSize: 6, hiddenSize: 10, layers: 2, using: &random))
      expectNoTensor(GRU(inputSize: 6, hiddenSize: 10, layers: 2, using: &random))
      expectNoTensor(OriginalGRU(inputSize: 6, hiddenSize: 10, using: &random))
      expectNoTensor(LeakyRNN(inputSize: 6, hiddenSize: 10, leak: 0.4, using: &random))
    }
  }

  @Test func `continues from the states of another`() {
    var random = RandomSource(seed: 2)
    func check<Cell: RecurrentCell<Double>>(_ network: Recurrent<Cell>) {
      let network = network.drawn(using: &random)
      let x: Tensor<Double> = random.normal([6, 1, 2])
      var whole = network.stream(batch: 1)
      var first = network.stream(batch: 1)
      for t in 0..<3 {
        _ = whole.step(x.select(t))
        _ = first.step(x.select(t))
      }
      var second = network.stream(batch: 1, from: first.states)
      for t in 3..<6 { #expect(second.step(x.select(t)) == whole.step(x.select(t))) }
    }
    check(RNN(inputSize: 2, hiddenSize: 3, layers: 2, using: &random))
    check(LSTM(inputSize: 2, hiddenSize: 3, layers: 2, using: &random))
    check(GRU(inputSize: 2, hiddenSize: 3, layers: 2, using: &random))
    check(OriginalGRU(inputSize: 2, hiddenSize: 3, layers: 2, using: &random))
    check(LeakyRNN(inputSize: 2, hiddenSize: 3, leak: 0.4, layers: 2, using: &random))
  }

  @Test func `stops for inputs and networks that do not fit`() async {
    let input = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      let network = GRU<Float>(inputSize: 2, hiddenSize: 3, using: &random)
      var stream = network.stream(batch: 4)
      _ = stream.step(.zeros([4, 5]))
    }
    #expect(stopMessage(input).contains("input [4, 5] instead of [4, 2]"))
    let directions = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var random = RandomSource(seed: 1)
      _ = LSTM<Float>(inputSize: 2, hiddenSize: 3, bidirectional: true, using: &random)
        .stream(batch: 1)
    }
    #expect(stopMessage(directions).contains("cannot run step by step"))
  }
}

private func expectNoTensor<Cell: RecurrentCell<Float>>(_ network: Recurrent<Cell>) {
  let x = Tensor<Float>(repeating: 0.5, shape: [2, 6])
  var stream = network.stream(batch: 2)
  var sum: Float = 0
  for _ in 0..<10 { sum += stream.step(x)[0, 0] }
  let (tensors, heap) = (StoragePool.statistics.allocations, MemoryInUse.now)
  for _ in 0..<1000 { sum += stream.step(x)[0, 0] }
  precondition(StoragePool.statistics.allocations == tensors)
  precondition(!MemoryInUse.now.exceeds(heap))
  precondition(sum.isFinite)
}
