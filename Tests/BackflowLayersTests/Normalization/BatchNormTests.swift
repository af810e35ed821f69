import Backflow
import TestSupport
import Testing

@Suite struct `Batch normalization` {
  @Test func `returns channels of mean 0 and variance 1 for a batch`() {
    var random = RandomSource(seed: 1)
    let x: Tensor<Double> = random.normal([4, 3, 5, 6], mean: -2, standardDeviation: 5)
    let y = BatchNorm<Double>(channels: 3, epsilon: 1e-30).forward(x, .training(seed: 0)).output
    for channel in 0..<3 {
      let values = y.select(channel, axis: 1)
      expectClose(
        [values.mean(), values.variance()], [0, 1], Tolerance(Double.self, length: 120, scale: 2))
    }
  }

  @Test func `updates the running statistics with the momentum and the unbiased variance`() {
    var layer = BatchNorm<Double>(channels: 1, momentum: 0.25)
    let cache = layer.forward(Tensor(rows: [[1], [3], [5]]), .training(seed: 0)).cache
    #expect(layer.runningMean == Tensor([0]))
    layer.updateBuffers(from: cache)
    // The mean is 3, and the variance (4 + 0 + 4)/2.
    #expect(layer.runningMean == Tensor([0.75]))
    #expect(layer.runningVariance == Tensor([0.75 + 0.25 * 4]))
  }

  @Test func `stops without channels, and for settings out of range`() async {
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm<Float>(channels: 0)
    }
    #expect(stopMessage(channels).contains("BatchNorm: weight [0] has no channels"))
    let momentum = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm<Float>(channels: 1, momentum: .nan)
    }
    #expect(
      stopMessage(momentum).contains("BatchNorm: the momentum must be at least 0 and at most 1"))
    let epsilon = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LayerNorm<Float>(size: 2, epsilon: -1)
    }
    #expect(stopMessage(epsilon).contains("LayerNorm: ε must be positive and finite, got -1.0"))
  }

  @Test func `uses the running statistics in evaluation without changing them`() {
    var layer = BatchNorm<Double>(
      weight: Tensor([2, 1]), bias: Tensor([1, 0]), runningMean: Tensor([3, 0]),
      runningVariance: Tensor([4, 1]), epsilon: 1e-30)
    let (y, cache) = layer.forward(Tensor(rows: [[5, 7]]))
    #expect(y == Tensor(rows: [[3, 7]]))
    layer.updateBuffers(from: cache)
    #expect(layer.runningMean == Tensor([3, 0]))
    let (inputGradient, gradients) = layer.backward(Tensor(rows: [[1, 1]]), cache)
    #expect(inputGradient == Tensor(rows: [[1, 1]]))
    #expect(gradients.weight == Tensor([1, 7]))
    #expect(gradients.bias == Tensor([1, 1]))
  }

  @Test func `has running statistics as buffers, not as parameters`() {
    var layer = BatchNorm<Float>(channels: 2)
    #expect(layer.namedParameters.map(\.name) == ["weight", "bias"])
    var names: [String] = []
    layer.visitBuffers { name, _ in names.append(name) }
    #expect(names == ["running_mean", "running_var"])
  }

  @Test func `counts the training batches in its running statistics`() {
    var layer = BatchNorm<Float>(channels: 2)
    let x = Tensor<Float>(rows: [[1, 2], [3, 5]])
    func counters() -> [String] {
      var copy = layer
      var counters: [String] = []
      copy.visitCounters { name, count in counters.append("\(name) \(count)") }
      return counters
    }
    #expect(counters() == ["num_batches_tracked 0"])
    for _ in 0..<3 { layer.updateBuffers(from: layer.forward(x, .training(seed: 0)).cache) }
    layer.updateBuffers(from: layer.forward(x).cache)
    #expect(counters() == ["num_batches_tracked 3"] && layer.trackedBatchCount == 3)
    // A file may contain any number.
    layer.visitCounters { $1 = .max }
    layer.updateBuffers(from: layer.forward(x, .training(seed: 0)).cache)
    #expect(layer.trackedBatchCount == .max)
  }

  // The variance of the first batch is out of the range of the type.
  @Test func `recovers from a batch of huge numbers`() {
    func check<Scalar: RealScalar>(_ huge: Scalar) {
      var layer = BatchNorm<Scalar>(channels: 1)
      for step in 0..<400 {
        let batch = Tensor<Scalar>(rows: [[-1], [1]]) * (step == 0 ? huge : 1)
        layer.updateBuffers(from: layer.forward(batch, .training(seed: 0)).cache)
        #expect(layer.runningVariance.isFinite, "\(step)")
      }
      #expect(layer.runningVariance[0] < Scalar.greatestFiniteMagnitude * 1e-17)
    }
    check(1e30 as Float)
    check(1e300 as Double)
  }

  @Test func `stops for an input that does not fit, and for one without a variance`() async {
    let shapes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm<Float>(channels: 3)(.zeros([5, 4]))
    }
    #expect(stopMessage(shapes).contains("[5, 4]"))
    #expect(stopMessage(shapes).contains("[N, 3, ...]"))
    let single = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm<Float>(channels: 3).forward(.zeros([1, 3]), .training(seed: 0))
    }
    #expect(stopMessage(single).contains("[1, 3]"))
  }
}
