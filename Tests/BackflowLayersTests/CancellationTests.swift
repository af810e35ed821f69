import Backflow
import TestSupport
import Testing

/// Differences of nearly equal numbers, computed without loss of accuracy.
@Suite struct `Cancellation does not reduce the accuracy` {
  @Test func `of the gradient of softmax, for upstream gradients with a large common offset`() {
    checkSoftmax(Float.self, offsets: [0, 1e3, 1e4, 1e5])
    checkSoftmax(Double.self, offsets: [0, 1e6, 1e10])
  }

  @Test func `of a hinge, for scores much larger than the margin`() {
    checkHinge(1e8 as Float)
    checkHinge(1e17 as Double)
  }

  @Test func `of the Jacobian of a recurrence, for candidates near 1`() {
    checkJacobians(Float.self)
    checkJacobians(Double.self)
  }

  @Test func `of running statistics, for equal batches`() {
    checkStatistics(Float.self)
    checkStatistics(Double.self)
  }

  @Test func `of a step of AdamW`() {
    checkDecay(Float.self)
  }
}

private func checkSoftmax<S: RealScalar>(_: S.Type, offsets: [S]) {
  var random = RandomSource(seed: 3)
  for columns in [2, 3, 4, 10, 15, 16, 17, 40, 300, 1000] {
    let logits: Tensor<S> = random.uniform([3, columns], in: -2..<2)
    let (y, cache) = Softmax<S>().forward(logits)
    let drawn: Tensor<S> = random.uniform([3, columns], in: -1..<1)
    for offset in offsets {
      let dy = drawn + offset  // The reference uses this rounded value.
      let dx = Softmax<S>().inputGradient(dy, cache)
      for row in 0..<3 {
        let shares = y.select(row).elements.map(Double.init)
        // The offset is subtracted exactly, so that there is no cancellation in the reference.
        let gradients = dy.select(row).elements.map { Double($0 - offset) }
        let total = shares.reduce(0, +)
        let mean = zip(shares, gradients).reduce(0) { $0 + $1.0 * $1.1 } / total
        let expected = zip(shares, gradients).map { $0 * ($1 - mean) }
        let unit = S(expected.reduce(0) { max($0, $1.magnitude) })
        expectUlps(
          dx.select(row).elements, expected, ulps: 16, floor: unit,
          "\(S.self) \(columns) \(offset)")
      }
    }
  }
}

private func checkHinge<S: RealScalar>(_ score: S) {
  let scores = Tensor<S>(repeating: score, shape: [1, 3])
  let hinge = multiclassHinge(scores, [0])
  expectUlps([hinge.loss], [2.0 / 3], ulps: 2, "\(S.self)")
  expectUlps(hinge.gradient.elements, [-2.0 / 3, 1.0 / 3, 1.0 / 3], ulps: 2, "\(S.self)")
}

/// Cells with one unit, whose state depends on the previous state only through the candidate.
private func checkJacobians<S: RealScalar>(_: S.Type) {
  let samples = 60
  let input = Tensor<S>((0..<samples).map { 1 + S($0) / 16 }, shape: [1, samples, 1])
  let lstm = LSTMCell<S>(
    GateWeights(
      input: Tensor([0, 0, 1, 0], shape: [4, 1]),
      recurrent: Tensor([0, 0, 1, 0], shape: [4, 1]), inputBias: .zeros([4]),
      recurrentBias: .zeros([4])))
  let lstmCache = Recurrent(cells: [[lstm]]).forward(input).cache.cells[0][0]
  let gru = GRUCell<S>(
    GateWeights(
      input: Tensor([0, 0, 1], shape: [3, 1]),
      recurrent: Tensor([0, 0, 1], shape: [3, 1]), inputBias: Tensor([0, -200, 0]),
      recurrentBias: .zeros([3])))
  let gruCache = Recurrent(cells: [[gru]]).forward(input).cache.cells[0][0]
  for sample in 0..<samples {
    let gates = lstmCache.gates.select(0).select(sample).elements.map(Double.init)
    let (i, g) = (gates[0], gates[2])
    let ofCell = lstm.stateJacobian(step: 0, sample: sample, lstmCache)
    expectUlps([ofCell[1, 0]], [i * (1 - g) * (1 + g)], ulps: 4, "LSTM \(S.self) \(sample)")

    let rzn = gruCache.gates.select(0).select(sample).elements.map(Double.init)
    let ofHidden = gru.stateJacobian(step: 0, sample: sample, gruCache)
    expectUlps(
      [ofHidden[0, 0]], [rzn[1] + (1 - rzn[1]) * (1 - rzn[2]) * (1 + rzn[2]) * rzn[0]], ulps: 4,
      "GRU \(S.self) \(sample)")
  }
}

private func checkStatistics<S: RealScalar>(_: S.Type) {
  for momentum in [1e-6, 1e-3, 0.007, 0.1, 0.3] {
    var layer = BatchNorm<S>(channels: 3, momentum: momentum)
    let batch = Tensor<S>(rows: [[0.7, 1.3, 3e7], [0.9, 1.7, 5e7], [1.1, 1.9, 5e7]])
    let cache = layer.forward(batch, .training(seed: 0)).cache
    layer.runningMean = cache.mean
    for _ in 0..<1000 { layer.updateBuffers(from: cache) }
    #expect(layer.runningMean == cache.mean, "\(S.self) \(momentum)")
  }
  var newest = BatchNorm<S>(channels: 1, momentum: 1)
  for scale in [1e15, 1] as [S] {
    let batch = Tensor<S>(rows: [[1], [3]]) * scale
    newest.updateBuffers(from: newest.forward(batch, .training(seed: 0)).cache)
  }
  #expect(newest.runningMean == Tensor([2]) && newest.runningVariance == Tensor([2]))
}

/// The first step of AdamW for gradients of 1 is η (1 + λ p) to within the accuracy of the test.
private func checkDecay<S: RealScalar>(_: S.Type) {
  var random = RandomSource(seed: 8)
  let start: Tensor<S> = random.uniform([200], in: 1..<2)
  for decay in [1e-2, 2e-2, 5e-2] {
    let rate = 1e-6
    var model = OneParameter<S>(value: start)
    var optimizer = AdamW(for: model, learningRate: rate, weightDecay: decay)
    optimizer.update(&model, along: OneParameter(value: .ones([200])))
    let expected = start.elements.map { Double($0) - rate * (1 + decay * Double($0)) }
    expectUlps(model.value.elements, expected, ulps: 0.51, "\(S.self) \(decay)")
  }
}
