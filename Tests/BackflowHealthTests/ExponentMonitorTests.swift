import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The dominant exponent of a mini-batch` {
  /// The exponent from singular values of the products of Jacobians.
  private func exact<Cell: RecurrentCell<Double>>(
    _ cell: Cell, _ cache: Cell.Cache, samples: [Int]
  ) throws -> Double {
    let squares = try samples.map { sample in
      let time = (0..<cache.active.time).prefix { cache.active[$0] > sample }.count
      let product = (0..<time).reduce(Tensor<Double>.diagonal(.ones([cell.stateSize]))) {
        matmul(cell.stateJacobian(step: $1, sample: sample, cache), $0)
      }
      let norm = try singularValues(of: product)[0]
      return norm * norm
    }
    let mean = squares.reduce(0, +) / Double(samples.count)
    return Double.log(mean) / 2 / Double(cache.active.time)
  }

  /// Expects the exact exponents of all cells after enough observations of the same pass, and
  /// nothing above them before.
  private func check<Cell: RecurrentCell<Double>>(
    _ network: Recurrent<Cell>, lengths: [Int]? = nil, _ input: Tensor<Double>,
    sampled: [Int], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (_, _, cache) = network.forward(input, initialState: nil, lengths: lengths)
    let expected = try zip(network.cells.joined(), cache.cells.joined()).map {
      try exact($0, $1, samples: sampled)
    }
    var monitor = ExponentMonitor<Double>(every: 1, samples: sampled.count)
    for step in 0..<60 {
      _ = monitor.observe(step, "rnn", network, cache)
      for (seen, exact) in zip(monitor.latest, expected) {
        #expect(seen.exponent <= exact + 1e-12, sourceLocation: sourceLocation)
      }
    }
    expectClose(
      monitor.latest.map(\.exponent), expected, Tolerance(1e-4, scale: 0.1),
      sourceLocation: sourceLocation)
  }

  @Test func `approaches the singular values of the products from below`() throws {
    var random = RandomSource(seed: 1)
    let x: Tensor<Double> = random.normal([12, 1, 3])
    try check(
      LSTM<Double>(
        inputSize: 3, hiddenSize: 6, layers: 2, bidirectional: true,
        recurrentWeights: .normal(standardDeviation: 0.8), using: &random), x, sampled: [0])
    try check(
      GRU<Double>(
        inputSize: 3, hiddenSize: 7, recurrentWeights: .normal(standardDeviation: 1), using: &random
      ),
      x, sampled: [0])
    try check(
      OriginalGRU<Double>(inputSize: 3, hiddenSize: 7, using: &random), x, sampled: [0])
  }

  @Test func `of a linear recurrence is that of the powers of its weight`() throws {
    var random = RandomSource(seed: 2)
    let rnn = RNN<Double>(
      inputSize: 2, hiddenSize: 8, nonlinearity: .tanh,
      recurrentWeights: .normal(standardDeviation: 0.5), using: &random)
    let (_, cache) = rnn.forward(.zeros([20, 5, 2]))
    let w = rnn.cells[0][0].weights.recurrent
    let power = (1..<20).reduce(w) { product, _ in matmul(w, product) }
    let expected = Double.log(try singularValues(of: power)[0]) / 20
    var monitor = ExponentMonitor<Double>(every: 1)
    for step in 0..<20 { _ = monitor.observe(step, "rnn", rnn, cache) }
    let seen = try #require(monitor.latest.first)
    expectClose([seen.exponent], [expected], Tolerance(1e-10, scale: 1))
    expectClose([seen.logGrowth], [20 * expected], Tolerance(1e-8, scale: 1))
    #expect(seen.layer == "rnn.l0" && seen.time == 20 && seen.samples == 2 && seen.step == 19)
  }

  @Test func `leaves out steps up to the last that passes nothing on`() throws {
    var random = RandomSource(seed: 6)
    let rnn = RNN<Double>(
      inputSize: 2, hiddenSize: 6, nonlinearity: .relu,
      recurrentWeights: .normal(standardDeviation: 1), using: &random)
    // Without input, no rectified unit is active.
    var x = Tensor<Double>.zeros([9, 2, 2])
    x.replaceSlice(3..<9, with: random.normal([6, 2, 2], standardDeviation: 3))
    let (_, cache) = rnn.forward(x)
    let (_, seen) = rnn.forward(x[3..<9])
    // After the blank steps, the state is zero as at the start.
    let expected = try exact(rnn.cells[0][0], seen.cells[0][0], samples: [0])
    #expect(expected.isFinite && expected > 0)
    var monitor = ExponentMonitor<Double>(every: 1, samples: 1)
    for step in 0..<60 { _ = monitor.observe(step, "rnn", rnn, cache) }
    expectClose(monitor.latest.map(\.logGrowth), [6 * expected], Tolerance(1e-6, scale: 1))
    #expect(monitor.latest[0].time == 9)
  }

  @Test func `respects the lengths of samples and never reads padding`() throws {
    var random = RandomSource(seed: 3)
    var x: Tensor<Double> = random.normal([9, 2, 3])
    x.replaceSlice(6..<9, with: Tensor(repeating: .nan, shape: [3, 2, 3]))
    let gru = GRU<Double>(
      inputSize: 3, hiddenSize: 5, bidirectional: true,
      recurrentWeights: .normal(standardDeviation: 1), using: &random)
    let (_, _, cache) = gru.forward(x, initialState: nil, lengths: [4, 6])
    var monitor = ExponentMonitor<Double>(every: 1, samples: 1)
    for step in 0..<60 { #expect(monitor.observe(step, "gru", gru, cache).isEmpty) }
    let (_, shortCache) = gru.forward(x[0..<6].slice(1..<2, axis: 1))
    var alone = ExponentMonitor<Double>(every: 1, samples: 1)
    for step in 0..<60 { _ = alone.observe(step, "gru", gru, shortCache) }
    expectClose(
      monitor.latest.map(\.logGrowth), alone.latest.map(\.logGrowth), Tolerance(1e-10, scale: 1))
    #expect(monitor.latest.map(\.layer) == ["gru.l0", "gru.l0_reverse"])
  }

  @Test func `is found in the parts of a network, in single precision`() throws {
    var random = RandomSource(seed: 4)
    let network = Sequential<Float> {
      RNN(
        inputSize: 3, hiddenSize: 16, nonlinearity: .tanh, recurrentWeights: .orthogonal(gain: 2),
        using: &random)
      LastStep()
    }
    let x = Tensor<Float>.zeros([20, 6, 3])
    let (output, cache) = network.forward(x)
    let (_, _, trace) = network.tracedBackward(output, cache)
    var monitor = ExponentMonitor<Float>()
    let finding = try #require(monitor.observe(0, trace).first)
    #expect(finding.kind == .expandingRecurrence && finding.layer == "0.l0")
    #expect(finding.measured > 100 && finding.threshold == 100)
    #expect(finding.statement.contains("nats per step") && finding.statement.contains("20 steps"))
    let seen = monitor.latest
    #expect(monitor.observe(7, trace).isEmpty && monitor.latest == seen)
  }

  /// An exponent after it was written as JSON and read, and the text that stands for it.
  private func saved(
    _ exponent: DominantExponent
  ) throws -> (read: DominantExponent, text: String?) {
    let data = try JSONEncoder().encode(exponent)
    let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return (
      try JSONDecoder().decode(DominantExponent.self, from: data), object?["exponent"] as? String
    )
  }

  @Test func `of a recurrence that passes nothing is minus infinity, and NaN is a finding`() throws
  {
    var random = RandomSource(seed: 5)
    var rnn = RNN<Float>(inputSize: 2, hiddenSize: 4, recurrentWeights: .zeros, using: &random)
    let x: Tensor<Float> = random.normal([5, 3, 2])
    var monitor = ExponentMonitor<Float>(every: 1)
    #expect(monitor.observe(0, "rnn", rnn, rnn.forward(x).cache).isEmpty)
    #expect(monitor.latest[0].exponent == -.infinity && monitor.latest[0].growth == 0)
    #expect(monitor.latest[0].description.contains("−∞"))
    let infinite = try saved(monitor.latest[0])
    #expect(infinite.read == monitor.latest[0] && infinite.text == "-inf")
    rnn.cells[0][0].weights.recurrent[1, 2] = .nan
    let findings = monitor.observe(1, "rnn", rnn, rnn.forward(x).cache)
    #expect(findings.map(\.kind) == [.nonFinite] && findings[0].severity == .failure)
    let (read, text) = try saved(monitor.latest[0])
    #expect(read.exponent.isNaN && text == "nan" && read.step == 1)
  }
}
