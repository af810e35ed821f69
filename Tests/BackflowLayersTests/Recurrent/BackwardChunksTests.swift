import Backflow
import BackflowKernels
import TestSupport
import Testing

/// A backward pass of 16 samples here has several chunks of steps, and one of a single sample has
/// one.
@Suite struct `A backward pass in chunks` {
  @Test(arguments: [1, 2]) func `adds up what the samples contribute`(threads: Int) {
    Threads.withCount(threads) {
      expectSumsOfSamples(Float.self)
      expectSumsOfSamples(Double.self)
    }
  }

  @Test func `has the same bits when it is traced`() {
    var random = RandomSource(seed: 4)
    expectSameBitsTraced(RNN<Double>(inputSize: 5, hiddenSize: 64, using: &random))
    expectSameBitsTraced(LSTM<Double>(inputSize: 5, hiddenSize: 64, using: &random))
    expectSameBitsTraced(GRU<Double>(inputSize: 5, hiddenSize: 64, using: &random))
    expectSameBitsTraced(OriginalGRU<Double>(inputSize: 5, hiddenSize: 64, using: &random))
  }

  /// The weight gradients are products of matrices for several inputs, and of a matrix and a vector
  /// for one.
  @Test(arguments: [(1 << 20, 8, 16), (1 << 17, 1, 256)])
  func `does not lose digits in long sums`(terms: Int, inputSize: Int, hiddenSize: Int) throws {
    let batch = 16
    let time = terms / batch
    var random = RandomSource(seed: 3)
    var network = RNN<Float>(inputSize: inputSize, hiddenSize: hiddenSize, using: &random)
    // No step depends on the one before: the states and gradients of all steps are equal.
    network.visitParameters { name, value in
      if name.contains("hh") { value = .zeros(value.shape) }
    }
    func gradients(_ time: Int, _ batch: Int) -> [String: [Double]] {
      let x = Tensor<Float>(repeating: 0.3, shape: [time, batch, inputSize])
      let yBar = Tensor<Float>.ones([time, batch, hiddenSize])
      let gradients = network.backward(yBar, network.forward(x).cache).gradients
      return Dictionary(
        uniqueKeysWithValues: gradients.namedParameters.map {
          ($0.name, $0.value.elements.map(Double.init))
        })
    }
    let (sums, term) = (gradients(time, batch), gradients(1, 1))
    func expectSum(_ name: String, _ expected: [Double]) throws {
      // Half a unit in the last place for each of the 256 terms of a block and 64 blocks of a part.
      expectClose(
        try #require(sums[name]), expected,
        Tolerance(Float.self, length: 160, scale: expected.map(abs).max() ?? 0, factor: 1), name)
    }
    for name in ["weight_ih_l0", "bias_ih_l0", "bias_hh_l0"] {
      try expectSum(name, try #require(term[name]).map { $0 * Double(time * batch) })
    }
    let a = try #require(term["bias_ih_l0"])
    let h = network(Tensor<Float>(repeating: 0.3, shape: [1, 1, inputSize])).elements
    try expectSum(
      "weight_hh_l0",
      a.flatMap { a in h.map { a * Double($0) * Double((time - 1) * batch) } })
  }

  @Test func `needs little more memory than the forward pass keeps`() async {
    await #expect(processExitsWith: .success) {
      var random = RandomSource(seed: 1)
      Threads.count = 1
      expectSmallStep(LSTM<Float>(inputSize: 64, hiddenSize: 128, using: &random))
      expectSmallStep(GRU<Float>(inputSize: 64, hiddenSize: 128, using: &random))
      expectSmallStep(RNN<Float>(inputSize: 64, hiddenSize: 128, using: &random))
    }
  }
}

/// Requires that the memory of a forward and backward pass is at most 1.3 times what the forward
/// pass keeps, besides the gradient with respect to the input, which the backward pass returns.
private func expectSmallStep<Cell: RecurrentCell<Float>>(_ network: Recurrent<Cell>) {
  var random = RandomSource(seed: 2)
  let x: Tensor<Float> = random.normal([1_000, 32, network.inputSize])
  let yBar: Tensor<Float> = random.normal([1_000, 32, network.hiddenSize])
  StoragePool.drain()
  let memory = PeakMemory()
  let before = StoragePool.statistics.liveBytes
  let cache = network.forward(x).cache
  let kept = StoragePool.statistics.liveBytes - before
  let (inputGradient, _) = network.backward(yBar, cache)
  // A block may be up to a quarter larger than requested.
  let returned = inputGradient.count * 5
  precondition(
    memory.growth <= kept * 13 / 10 + returned, "\(Cell.self): \(memory.growth), kept \(kept)")
}

private func expectSumsOfSamples<S: RealScalar>(_: S.Type) {
  var random = RandomSource(seed: 4)
  expectSumOfSamples(RNN<S>(inputSize: 5, hiddenSize: 64, using: &random))
  expectSumOfSamples(LSTM<S>(inputSize: 5, hiddenSize: 64, using: &random))
  expectSumOfSamples(GRU<S>(inputSize: 5, hiddenSize: 64, using: &random))
  expectSumOfSamples(OriginalGRU<S>(inputSize: 5, hiddenSize: 64, using: &random))
  expectSumOfSamples(LeakyRNN<S>(inputSize: 5, hiddenSize: 64, leak: 0.4, using: &random))
}

private func expectSumOfSamples<Cell: RecurrentCell>(_ network: Recurrent<Cell>) {
  let pass = RaggedPass(network)
  let (byInput, byState, gradients) = network.backward(
    pass.outputGradient, finalStateGradient: pass.finalStateGradient, pass.cache)
  var sums = gradients.namedParameters.map { [Double](repeating: 0, count: $0.value.count) }
  for (sample, length) in pass.lengths.enumerated() {
    let one = sample..<sample + 1
    func alone(_ states: [Cell.State]) -> [Cell.State] {
      states.map { Cell.State(tensors: $0.tensors.map { $0[one] }) }
    }
    let (_, _, cache) = network.forward(
      pass.input[0..<length].slice(one, axis: 1), initialState: alone(pass.initialState))
    let expected = network.backward(
      pass.outputGradient[0..<length].slice(one, axis: 1),
      finalStateGradient: alone(pass.finalStateGradient), cache)
    func expectSame(_ actual: Tensor<Cell.Scalar>, _ expected: Tensor<Cell.Scalar>, _ what: String)
    {
      expectClose(
        actual.elements.map(Double.init), expected.elements.map(Double.init),
        Tolerance(Cell.Scalar.self, length: length * 10, scale: Double(expected.maxMagnitude())),
        mayBeEmpty: length == 0, "\(Cell.self), sample \(sample): \(what)")
    }
    expectSame(byInput[0..<length].slice(one, axis: 1), expected.inputGradient, "input")
    #expect(byInput[length..<70].slice(one, axis: 1).elements.allSatisfy { $0 == 0 })
    for (all, state) in zip(alone(byState), expected.initialStateGradient) {
      for (a, b) in zip(all.tensors, state.tensors) {
        // Without a step, it is the gradient with respect to the final state.
        if length == 0 { #expect(a == b) } else { expectSame(a, b, "state") }
      }
    }
    for (index, gradient) in expected.gradients.namedParameters.enumerated() {
      for (i, value) in gradient.value.elements.enumerated() { sums[index][i] += Double(value) }
    }
  }
  for (gradient, sum) in zip(gradients.namedParameters, sums) {
    let terms = pass.lengths.reduce(0, +)
    expectClose(
      gradient.value.elements.map(Double.init), sum,
      Tolerance(Cell.Scalar.self, length: terms, scale: sum.map(abs).max() ?? 0),
      "\(Cell.self): \(gradient.name)")
  }
}

private func expectSameBitsTraced<Cell: RecurrentCell>(_ network: Recurrent<Cell>) {
  let pass = RaggedPass(network)
  let untraced = network.backward(
    pass.outputGradient, finalStateGradient: pass.finalStateGradient, pass.cache)
  let traced = network.tracedBackward(
    pass.outputGradient, finalStateGradient: pass.finalStateGradient, pass.cache)
  #expect(traced.inputGradient == untraced.inputGradient, "\(Cell.self)")
  #expect(
    traced.gradients.namedParameters.map(\.value)
      == untraced.gradients.namedParameters.map(\.value), "\(Cell.self)")
  #expect(
    traced.initialStateGradient.flatMap(\.tensors)
      == untraced.initialStateGradient.flatMap(\.tensors), "\(Cell.self)")
}

/// Sequences of different lengths and the gradients for a backward pass.
private struct RaggedPass<Cell: RecurrentCell> {
  let lengths = [70, 3, 64, 16, 0, 17, 70, 33, 1, 48, 15, 32, 69, 70, 5, 50]
  let input, outputGradient: Tensor<Cell.Scalar>
  let initialState, finalStateGradient: [Cell.State]
  let cache: Recurrent<Cell>.Cache

  init(_ network: Recurrent<Cell>) {
    var random = RandomSource(seed: 6)
    let batch = lengths.count
    func states() -> [Cell.State] {
      network.zeroState(batch: batch).map { state in
        Cell.State(tensors: state.tensors.map { random.normal($0.shape) })
      }
    }
    input = random.normal([70, batch, network.inputSize])
    outputGradient = random.normal([70, batch, network.hiddenSize])
    (initialState, finalStateGradient) = (states(), states())
    cache = network.forward(input, initialState: initialState, lengths: lengths).cache
  }
}
