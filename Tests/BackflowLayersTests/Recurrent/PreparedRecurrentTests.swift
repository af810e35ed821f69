import Backflow
import BackflowKernels
import TestSupport
import Testing

@Suite struct `A recurrent network prepared for serving` {
  @Test(arguments: [1, 2, 3]) func `computes what the network computes`(threads: Int) {
    Threads.withCount(threads) { forEachNetwork(WholeSequences()) }
  }

  @Test func `ends each sample at its own length`() { forEachNetwork(RaggedSequences()) }

  @Test func `refuses requests that do not fit`() throws {
    var random = RandomSource(seed: 1)
    let served = LSTM<Double>(inputSize: 3, hiddenSize: 2, layers: 2, using: &random).prepared()
    let x = Tensor<Double>.ones([4, 2, 3])
    #expect(
      try served.output(for: x, initialState: nil, lengths: [4, 0]).output.shape == [4, 2, 2])
    func expect(
      _ expected: RequestError, _ text: String, _ x: Tensor<Double>,
      _ states: [LSTMState<Double>]? = nil, _ lengths: [Int]? = nil
    ) {
      let error = #expect(throws: RequestError.self) {
        try served.output(for: x, initialState: states, lengths: lengths)
      }
      #expect(error == expected && error?.description == text)
    }
    expect(
      .lengths([4], time: 4, batch: 2), "the lengths [4] are not 2 numbers from 0 to 4", x, nil, [4]
    )
    expect(
      .lengths([4, 5], time: 4, batch: 2), "the lengths [4, 5] are not 2 numbers from 0 to 4", x,
      nil, [4, 5])
    expect(.stateCount(found: 0, expected: 2), "there are 0 initial states for 2 cells", x, [])
    let wrong = LSTMState<Double>.zero(batch: 1, hiddenSize: 2)
    expect(
      .state(index: 0, found: [1, 2], expected: [2, 2]),
      "the initial state of cell 0 has shape [1, 2] instead of [2, 2]", x, [wrong, wrong])
    var nan = x
    nan[3, 1, 0] = .nan
    let error = #expect(throws: RequestError.self) { try served.output(for: nan) }
    #expect(error?.description == "the element of the input at [3, 1, 0] is nan")
  }

  @Test func `allocates its output and less than a megabyte`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      expectSmall(GRU<Float>(inputSize: 32, hiddenSize: 128, using: &random))
      expectSmall(LSTM<Float>(inputSize: 32, hiddenSize: 128, using: &random))
      expectSmall(RNN<Float>(inputSize: 32, hiddenSize: 128, using: &random))
    }
  }

  @Test func `shares its weights among streams`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      let served = LSTM<Float>(inputSize: 64, hiddenSize: 256, using: &random).prepared()
      let before = StoragePool.statistics.liveBytes
      let streams = (0..<100).map { _ in served.stream(batch: 1) }
      let each = (StoragePool.statistics.liveBytes - before) / streams.count
      precondition(each < 16_384, "\(each) bytes for a stream")
    }
  }
}

@Suite struct `A stream of a prepared network` {
  @Test func `starts again in the same memory after a reset`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      let served = LSTM<Float>(inputSize: 6, hiddenSize: 10, layers: 2, using: &random).prepared()
      let x: Tensor<Float> = random.normal([5, 2, 6])
      var stream = served.stream(batch: 2)
      let first = (0..<5).map { stream.step(x.select($0)).elements }
      for _ in 0..<3 {
        stream.reset()
        precondition((0..<5).map { stream.step(x.select($0)).elements } == first)
      }
      let inputs = (0..<5).map { x.select($0) }
      let tensors = StoragePool.statistics.systemAllocations
      for _ in 0..<100 {
        stream.reset()
        for input in inputs { _ = stream.step(input) }
      }
      precondition(StoragePool.statistics.systemAllocations == tensors)
    }
  }

  @Test func `keeps its state when it refuses an input`() throws {
    var random = RandomSource(seed: 1)
    let served = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random).prepared()
    var (stream, other) = (served.stream(batch: 1), served.stream(batch: 1))
    let x: Tensor<Double> = random.normal([1, 2])
    #expect(try stream.output(for: x) == other.step(x))
    let shape = #expect(throws: RequestError.self) { try stream.output(for: .ones([2, 2])) }
    #expect(shape?.description.contains("[2, 2] instead of [1, 2]") == true)
    #expect(throws: RequestError.notFinite(value: -.infinity, index: [0, 0])) {
      try stream.output(for: Tensor(repeating: -.infinity, shape: [1, 2]))
    }
    #expect(try stream.output(for: x) == other.step(x))
  }
}

private func expectSmall<Cell: RecurrentCell<Float>>(_ network: Recurrent<Cell>) {
  var random = RandomSource(seed: 2)
  let served = network.prepared()
  let x: Tensor<Float> = random.normal([500, 64, 32])
  StoragePool.drain()
  Threads.count = 1
  let memory = PeakMemory()
  let output = served(x)
  // A block may be up to a quarter larger than requested.
  precondition(memory.growth <= output.count * 5 + 1_000_000, "\(memory.growth) bytes")
}

private func expectSame<State: RecurrentState<Double>>(
  _ actual: (output: Tensor<Double>, finalState: [State]),
  _ expected: (output: Tensor<Double>, finalState: [State]), _ what: String
) {
  #expect(actual.output.shape == expected.output.shape, "\(what)")
  let tolerance = Tolerance(Double.self, length: 40, scale: 1)
  expectClose(
    actual.output.elements, expected.output.elements, tolerance, mayBeEmpty: true, what)
  for (one, two) in zip(actual.finalState, expected.finalState) {
    for (a, b) in zip(one.tensors, two.tensors) {
      expectClose(a.elements, b.elements, tolerance, mayBeEmpty: true, what)
    }
  }
}

private func drawnStates<Cell: RecurrentCell<Double>>(
  of network: Recurrent<Cell>, _ batch: Int, _ random: inout RandomSource
) -> [Cell.State] {
  network.zeroState(batch: batch).map { state in
    Cell.State(tensors: state.tensors.map { random.normal($0.shape, standardDeviation: 0.5) })
  }
}

/// A comparison for networks of any cells.
private protocol NetworkCheck {
  func check<Cell: RecurrentCell<Double>>(_ name: String, _ network: Recurrent<Cell>)
}

private struct WholeSequences: NetworkCheck {
  func check<Cell: RecurrentCell<Double>>(_ name: String, _ network: Recurrent<Cell>) {
    // Longer and shorter than the steps whose input is projected together, and not a multiple.
    for (time, batch) in [(1, 1), (3, 1), (32, 1), (70, 1), (45, 3), (7, 400), (0, 2), (3, 0)] {
      var random = RandomSource(seed: 5)
      let x: Tensor<Double> = random.normal([time, batch, network.inputSize])
      let states = drawnStates(of: network, batch, &random)
      let (output, finalState, _) = network.forward(x, initialState: states)
      let served = network.prepared()(x, initialState: states)
      expectSame(served, (output, finalState), "\(name) \(time) \(batch)")
      #expect(network.prepared()(x) == network(x), "\(name) \(time) \(batch)")
    }
  }
}

private struct RaggedSequences: NetworkCheck {
  func check<Cell: RecurrentCell<Double>>(_ name: String, _ network: Recurrent<Cell>) {
    var random = RandomSource(seed: 6)
    let lengths = [5, 40, 0, 33, 40, 1]
    let x: Tensor<Double> = random.normal([40, lengths.count, network.inputSize])
    let states = drawnStates(of: network, lengths.count, &random)
    let (output, finalState, _) = network.forward(x, initialState: states, lengths: lengths)
    let served = network.prepared()(x, initialState: states, lengths: lengths)
    expectSame(served, (output, finalState), name)
  }
}

private func forEachNetwork(_ check: some NetworkCheck) {
  var random = RandomSource(seed: 7)
  func run<Cell: RecurrentCell<Double>>(_ name: String, _ network: Recurrent<Cell>) {
    check.check(name, network.drawn(using: &random))
  }
  run("RNN", RNN(inputSize: 3, hiddenSize: 5, layers: 2, using: &random))
  run("LSTM", LSTM(inputSize: 3, hiddenSize: 5, layers: 2, using: &random))
  run("GRU", GRU(inputSize: 3, hiddenSize: 5, using: &random))
  run("original GRU", OriginalGRU(inputSize: 3, hiddenSize: 5, layers: 2, using: &random))
  run("leaky", LeakyRNN(inputSize: 3, hiddenSize: 5, leak: 0.4, using: &random))
  run(
    "both directions",
    LSTM(inputSize: 3, hiddenSize: 5, layers: 2, bidirectional: true, using: &random))
  run("GRU without biases", GRU(inputSize: 3, hiddenSize: 20, bias: false, using: &random))
}
