import Backflow
import TestSupport
import Testing

@Suite struct `A spectral-norm projection` {
  private func norm<S>(_ matrix: Tensor<S>) throws -> Double {
    try singularValues(of: Tensor<Double>(matrix))[0]
  }

  /// Expects that the norm of every gate is at most the limit, and just below it where it was
  /// above.
  private func check<Cell: RecurrentCell>(
    _ network: Recurrent<Cell>, limit: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var (projected, projection) = (network, SpectralNormProjection<Cell.Scalar>(limit: limit))
    for _ in 0..<2 { try projection.apply(to: &projected) }
    for (before, after) in zip(network.cells.joined(), projected.cells.joined()) {
      for gate in 0..<Cell.layout.gates {
        let old = try norm(before.weights.recurrent(gate: gate))
        let new = try norm(after.weights.recurrent(gate: gate))
        #expect(new <= limit, sourceLocation: sourceLocation)
        #expect(old > limit ? new > 0.998 * limit : new == old, sourceLocation: sourceLocation)
      }
      #expect(before.weights.input == after.weights.input, sourceLocation: sourceLocation)
    }
  }

  @Test func `limits every gate, layer and direction in both precisions`() throws {
    var random = RandomSource(seed: 1)
    let weights = Initializer.normal(standardDeviation: 0.2)
    let lstm = LSTM<Float>(
      inputSize: 3, hiddenSize: 12, layers: 2, bidirectional: true, recurrentWeights: weights,
      using: &random)
    for limit in [0.5, 1.2, 1.35, 3] { try check(lstm, limit: limit) }
    let gru = GRU<Double>(inputSize: 3, hiddenSize: 20, recurrentWeights: weights, using: &random)
    for limit in [1e-3, 1.7, 10] { try check(gru, limit: limit) }
  }

  @Test func `keeps the limit through updates with the vector of the last one`() throws {
    var random = RandomSource(seed: 2)
    var rnn = RNN<Float>(
      inputSize: 2, hiddenSize: 40, nonlinearity: .tanh, recurrentWeights: .orthogonal(gain: 2),
      using: &random)
    var projection = SpectralNormProjection<Float>(limit: 0.95)
    for _ in 0..<30 {
      let update: Tensor<Float> = random.normal([40, 40], standardDeviation: 0.02)
      rnn.cells[0][0].weights.recurrent += update
      let before = try norm(rnn.cells[0][0].weights.recurrent)
      let factor = try projection.apply(to: &rnn)
      let after = try norm(rnn.cells[0][0].weights.recurrent)
      #expect(after <= 0.95)
      #expect(before <= 0.95 ? factor == 1 : abs(factor * before / after - 1) < 1e-5)
    }
  }

  @Test func `leaves an orthogonal matrix and a zero one, and any size of elements is fine`() throws
  {
    var random = RandomSource(seed: 3)
    var q: Tensor<Double> = Initializer.orthogonal()([30, 30], using: &random)
    let original = q
    var projection = SpectralNormProjection<Double>(limit: 1 + 1e-9)
    #expect(try projection.apply(to: &q, named: "q") == 1)
    #expect(q == original)
    var zero = Tensor<Double>.zeros([4, 4])
    #expect(try projection.apply(to: &zero, named: "zero") == 1)
    for size in [1e-300, 1e-160, 1e160, 1e300] {
      var matrix: Tensor<Double> = random.normal([5, 7])
      matrix *= size
      let isAbove = size > 1
      let factor = try projection.apply(to: &matrix, named: "sized")
      #expect((factor < 1) == isAbove)
      if isAbove { expectClose([try norm(matrix)], [1], Tolerance(2e-3, scale: 1)) }
    }
    var one = Tensor<Double>([-4], shape: [1, 1])
    try projection.apply(to: &one, named: "one")
    expectClose(one.elements, [-1], Tolerance(2e-3, scale: 1))
  }

  @Test func `of NaN is an error and changes nothing`() throws {
    for (bad, others) in [(Double.nan, 1.0), (.nan, 0), (.infinity, 1)] {
      var matrix = Tensor<Double>([others, bad, others, others], shape: [2, 2])
      var projection = SpectralNormProjection<Double>(limit: 1)
      #expect(throws: LAPACKError.self) { try projection.apply(to: &matrix, named: "w") }
      #expect(matrix.elements[0] == others)
    }
  }
}
