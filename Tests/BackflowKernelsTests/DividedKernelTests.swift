import BackflowKernels
import Testing

/// Work that is divided among threads gives the bits of undivided work.
@Suite struct `VectorKernels, divided` {
  @Test func `elementwise kernels give the same bits at any number of threads`() {
    checkElementwise(Float.self)
    checkElementwise(Double.self)
  }

  @Test func `rows, matrices and planes give the same bits at any number of threads`() {
    checkRows(Float.self)
    checkRows(Double.self)
  }

  @Test func `channels give the same bits at any number of threads`() {
    checkChannels(Float.self)
    checkChannels(Double.self)
  }

  @Test func `losses and optimizers give the same bits at any number of threads`() {
    checkLosses(Float.self)
    checkLosses(Double.self)
    checkOptimizers(Float.self)
    checkOptimizers(Double.self)
  }
}

/// Sizes around those from which work is divided in two and in three parts.
private let sizes = [0, 1, 8191, 8192, 12_345, 16_384, 32_767, 32_768, 32_769, 49_152, 100_003]

/// Requires that `run` changes `initial` in the same way at one, two and three threads.
private func expectSameBits<S: RealScalar & BinaryFloatingPoint>(
  _ initial: [S], _ label: String, _ run: (inout [S]) -> Void
) {
  let results = (1...3).map { count in
    Threads.withCount(count) {
      var y = initial
      run(&y)
      return y
    }
  }
  #expect(results[0].allSatisfy { $0.isFinite }, "\(S.self) \(label)")
  #expect(results[1] == results[0], "\(S.self) \(label), two threads")
  #expect(results[2] == results[0], "\(S.self) \(label), three threads")
}

private func checkElementwise<S: RealScalar & BinaryFloatingPoint>(_: S.Type) {
  for n in sizes {
    let a: [S] = Samples.uniform(n, in: 0.1...3)
    let b: [S] = Samples.uniform(n, in: -3...3, seed: 2)
    let y = [S](repeating: 0, count: n)
    expectSameBits(y, "fill \(n)") { VectorKernels.fill(3, into: $0.mutableSpan) }
    expectSameBits(y, "add \(n)") { VectorKernels.add(a.span, b.span, into: $0.mutableSpan) }
    expectSameBits(y, "divide \(n)") { VectorKernels.divide(b.span, a.span, into: $0.mutableSpan) }
    expectSameBits(y, "scale \(n)") { VectorKernels.scale(3, a.span, into: $0.mutableSpan) }
    expectSameBits(y, "clamp \(n)") { VectorKernels.clamp(b.span, -1, 1, into: $0.mutableSpan) }
    expectSameBits(y, "log \(n)") { VectorKernels.log(a.span, into: $0.mutableSpan) }
    expectSameBits(y, "tanh \(n)") { VectorKernels.tanh(b.span, into: $0.mutableSpan) }
    expectSameBits(y, "elu \(n)") { VectorKernels.elu(b.span, alpha: 0.5, into: $0.mutableSpan) }
    expectSameBits(y, "gelu \(n)") { VectorKernels.gelu(b.span, into: $0.mutableSpan) }
    expectSameBits(y, "gelu_backward \(n)") {
      VectorKernels.geluBackward(b.span, a.span, into: $0.mutableSpan)
    }
    expectSameBits(y, "dropout \(n)") {
      VectorKernels.dropout(b.span, keep: 0.7, seed: 42, into: $0.mutableSpan)
    }
    expectSameBits(y, "add_with_error \(n)") { error in
      var sum = b
      VectorKernels.add(a.span, to: sum.mutableSpan, keeping: error.mutableSpan)
    }
  }
}

private func checkRows<S: RealScalar & BinaryFloatingPoint>(_: S.Type) {
  for (rows, columns) in [(1, 40_000), (2, 16_385), (3, 20_000), (900, 37), (12_300, 8), (5, 3)] {
    let shape = "\(rows)×\(columns)"
    let x: [S] = Samples.uniform(rows * columns, in: -3...3)
    let dy: [S] = Samples.uniform(rows * columns, in: -1...1, seed: 2)
    let row: [S] = Samples.uniform(columns, in: -3...3, seed: 3)
    let weights: [S] = Samples.uniform(rows, in: -3...3, seed: 4)
    expectSameBits(x, "softmax \(shape)") {
      VectorKernels.softmax(x.span, rows: rows, columns: columns, into: $0.mutableSpan)
    }
    expectSameBits(x, "log_softmax_backward \(shape)") {
      VectorKernels.logSoftmaxBackward(
        x.span, dy.span, rows: rows, columns: columns, into: $0.mutableSpan)
    }
    expectSameBits(x, "causal_softmax \(shape)") {
      VectorKernels.causalSoftmax(
        x.span, matrices: rows, rows: 1, columns: columns, into: $0.mutableSpan)
    }
    expectSameBits(x, "add_row \(shape)") { VectorKernels.addRow(row.span, into: $0.mutableSpan) }
    expectSameBits(x, "weight_rows \(shape)") {
      VectorKernels.weightRows(weights.span, x.span, columns: columns, into: $0.mutableSpan)
    }
    expectSameBits(weights, "row_sums \(shape)") {
      VectorKernels.rowSums(x.span, columns: columns, into: $0.mutableSpan)
    }
    let axis = WindowGeometry.Axis(extent: 1, kernel: 1, stride: 1, padding: 0, dilation: 1)
    let width = WindowGeometry.Axis(extent: columns, kernel: 3, stride: 1, padding: 1, dilation: 1)
    expectSameBits(x, "average_pool \(shape)") {
      VectorKernels.averagePool(
        x.span, planes: rows, WindowGeometry(height: axis, width: width), countsPadding: true,
        into: $0.mutableSpan)
    }
    expectSameBits(x, "layer_norm \(shape)") {
      _ = VectorKernels.layerNorm(
        x.span, rows: rows, weight: row.span, bias: row.span, epsilon: 1e-5, into: $0.mutableSpan)
    }
    // The sums over rows may differ, the gradient with respect to x may not.
    expectSameBits(x, "layer_norm_backward \(shape)") {
      let statistics = VectorKernels.layerNorm(
        x.span, rows: rows, weight: row.span, bias: row.span, epsilon: 1e-5,
        into: $0.mutableSpan)
      _ = VectorKernels.layerNormBackward(
        dy.span, statistics, x: x.span, weight: row.span, into: $0.mutableSpan)
    }
  }
}

private func checkChannels<S: RealScalar & BinaryFloatingPoint>(_: S.Type) {
  for (outer, channels, inner) in [(4, 3, 2000), (700, 37, 1), (1, 5, 9000), (3, 600, 16)] {
    let layout = ChannelLayout(outer: outer, channels: channels, inner: inner)
    let label = "\(outer)×\(channels)×\(inner)"
    let x: [S] = Samples.uniform(layout.count, in: -3...3)
    let b: [S] = Samples.uniform(layout.count, in: -3...3, seed: 2)
    let scale: [S] = Samples.uniform(channels, in: -3...3, seed: 3)
    expectSameBits(scale, "channel_sums \(label)") {
      VectorKernels.channelSums(x.span, layout, into: $0.mutableSpan)
    }
    expectSameBits([Double](repeating: 0, count: channels), "channel_dots \(label)") {
      $0 = VectorKernels.channelDots(x.span, b.span, layout).elements
    }
    expectSameBits([Double](repeating: 0, count: channels), "channel_moments \(label)") {
      let moments = VectorKernels.channelMoments(x.span, layout)
      $0 = (0..<channels).map { moments.mean($0) + moments.variance($0) }
    }
    let moments = VectorKernels.channelMoments(x.span, layout)
    let factors = moments.inverseDeviations(epsilon: 1e-5)
    expectSameBits(x, "channel_standardize \(label)") {
      VectorKernels.channelStandardize(
        x.span, moments, factors: factors, layout, into: $0.mutableSpan)
    }
    expectSameBits(x, "channel_affine \(label)") {
      VectorKernels.channelAffine(
        x.span, scale: scale.span, shift: scale.span, layout, into: $0.mutableSpan)
    }
    expectSameBits(x, "channel_residuals \(label)") {
      VectorKernels.channelResiduals(
        x.span, moments, b.span, slopes: factors, factors: factors, layout, into: $0.mutableSpan)
    }
  }
}

private func checkLosses<S: RealScalar & BinaryFloatingPoint>(_: S.Type) {
  for n in sizes {
    let x: [S] = Samples.uniform(n, in: -3...3)
    let t: [S] = Samples.uniform(n, in: 0...1, seed: 2)
    let losses: [VectorKernels.ElementwiseLoss] = [
      .squaredError, .sigmoidCrossEntropy, .huber(delta: 1), .smoothL1(beta: 1),
    ]
    for loss in losses {
      expectSameBits(x + t, "\(loss) \(n)") { results in
        var (loss1, gradient) = (x, t)
        VectorKernels.elementwiseLoss(
          loss, x.span, t.span, scale: 0.5, losses: loss1.mutableSpan,
          gradient: gradient.mutableSpan)
        results = loss1 + gradient
      }
    }
  }
  for (rows, columns) in [(3, 10), (900, 37), (5000, 10)] {
    let logits: [S] = Samples.uniform(rows * columns, in: -3...3)
    let labels = (0..<rows).map { $0 % columns }
    expectSameBits(logits, "cross_entropy \(rows)×\(columns)") { results in
      var losses = [S](repeating: 0, count: rows)
      var gradient = logits
      VectorKernels.crossEntropy(
        logits.span, labels: labels, columns: columns, smoothing: 0.1, scale: 0.5,
        losses: losses.mutableSpan, gradient: gradient.mutableSpan)
      results = losses + gradient
    }
  }
}

private func checkOptimizers<S: RealScalar & BinaryFloatingPoint>(_: S.Type) {
  let adam = VectorKernels.AdamStep(
    learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: 3, weightDecay: 0.1,
    isDecoupled: true)
  for n in sizes {
    let gradient: [S] = Samples.uniform(n, in: -3...3)
    let state: [S] = Samples.uniform(n, in: 0.1...3, seed: 2)
    expectSameBits(gradient, "adam \(n)") { parameter in
      var (m, v) = (state, state)
      VectorKernels.adamUpdate(
        adam, gradient: gradient.span, firstMoment: m.mutableSpan, secondMoment: v.mutableSpan,
        parameter: parameter.mutableSpan)
      parameter += m + v
    }
    expectSameBits(gradient, "sgd \(n)") { parameter in
      var velocity = state
      VectorKernels.sgdUpdate(
        learningRate: 0.1, momentum: 0.9, isNesterov: true, weightDecay: 0.1,
        gradient: gradient.span, velocity: velocity.mutableSpan, parameter: parameter.mutableSpan)
      parameter += velocity
    }
  }
}
