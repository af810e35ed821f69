import Backflow
import TestSupport
import Testing

@Suite struct `Staged batch normalization` {
  let layer: BatchNorm<Double>
  let staged: StagedBatchNorm<Double>
  let x: Tensor<Double>
  let gradient: Tensor<Double>

  init() {
    var random = RandomSource(seed: 5)
    layer = .drawn(channels: 3, using: &random)
    staged = StagedBatchNorm(layer)
    x = random.normal([4, 3, 2, 5], mean: 1, standardDeviation: 2)
    gradient = random.normal(x.shape)
  }

  private func expectEqual(_ left: Tensor<Double>, _ right: Tensor<Double>, _ what: String) {
    expectClose(
      left.elements, right.elements,
      Tolerance(Double.self, length: 40, scale: max(1, right.maxMagnitude())), what)
  }

  @Test func `agrees with the fused layer in both passes up to rounding`() throws {
    let (output, cache) = layer.forward(x, .training(seed: 0))
    let (stagedOutput, stages) = staged.forward(x)
    expectEqual(stagedOutput, output, "output")
    expectEqual(stages.variance, cache.variance, "variance")
    let (inputGradient, gradients) = layer.backward(gradient, cache)
    let (stagedInputGradient, stagedGradients) = staged.backward(gradient, stages)
    expectEqual(stagedInputGradient, inputGradient, "input gradient")
    try expectEqual(
      #require(stagedGradients.weight), #require(gradients.weight), "weight gradient")
    try expectEqual(#require(stagedGradients.bias), #require(gradients.bias), "bias gradient")
  }

  @Test func `is a graph whose nodes come after their operands`() {
    let stages = staged.forward(x).cache
    let nodes = staged.graph(gradient, stages).nodes
    #expect(nodes.map(\.name) == ["x", "μ", "c", "q", "v", "s", "r", "x̂", "γ", "z", "β", "y"])
    for (place, node) in nodes.enumerated() {
      #expect(node.inputs.allSatisfy { $0 < place }, "\(node.name)")
      #expect(node.inputs.isEmpty == node.operation.isEmpty, "\(node.name)")
      #expect(node.forwardNorm > 0 && node.backwardNorm > 0, "\(node.name)")
    }
    #expect(nodes[0].shape == x.shape && nodes[4].shape == [3])
    expectClose(
      [nodes[0].forwardNorm, nodes[11].backwardNorm], [x.norm(), gradient.norm()],
      Tolerance(Double.self, length: x.count, scale: x.norm()))
    // Every value except the output is an operand of another.
    #expect(Set(nodes.flatMap(\.inputs)) == Set(0..<11))
  }

  // Each gradient is checked separately, through the steps after its value.
  @Test func `has a gradient at every step that agrees with finite differences`() {
    let stages = staged.forward(x).cache
    let gradients = staged.stageGradients(gradient, stages)
    func loss(_ c: Tensor<Double>, _ r: Tensor<Double>) -> Double {
      let scale = (r * stages.weight).reshaped(to: [3, 1, 1])
      return (gradient * (c * scale + stages.bias.reshaped(to: [3, 1, 1]))).sum()
    }
    func root(_ v: Tensor<Double>) -> Tensor<Double> { (v + staged.epsilon).squareRoot() }
    func mean(_ q: Tensor<Double>) -> Tensor<Double> {
      q.sum(axis: 3).sum(axis: 2).sum(axis: 0) / 40
    }
    let c = stages.centered
    expectGradient(gradients.inverse, at: stages.inverse, "r") { loss(c, $0) }
    expectGradient(gradients.deviation, at: stages.deviation, "s") { loss(c, 1 / $0) }
    expectGradient(gradients.variance, at: stages.variance, "v") { loss(c, 1 / root($0)) }
    expectGradient(gradients.squared, at: stages.squared, "q") { loss(c, 1 / root(mean($0))) }
    expectGradient(gradients.centered, at: c, "c") { loss($0, 1 / root(mean($0.squared()))) }
  }

  private func expectGradient(
    _ analytic: Tensor<Double>, at point: Tensor<Double>, _ name: String,
    of loss: (Tensor<Double>) -> Double
  ) {
    let step = 1e-5
    let numeric = (0..<point.count).map { index in
      func after(_ displacement: Double) -> Double {
        var elements = point.elements
        elements[index] += displacement
        return loss(Tensor(elements, shape: point.shape))
      }
      return (after(step) - after(-step)) / (2 * step)
    }
    #expect(analytic.shape == point.shape)
    let scale = analytic.maxMagnitude()
    expectClose(analytic.elements, numeric, Tolerance(1e-7 * scale, scale: scale), name)
  }

  @Test func `has a gradient of the mean from x̂ only`() {
    let gradients = staged.stageGradients(gradient, staged.forward(x).cache)
    let expected = -gradients.centered.sum(axis: 3).sum(axis: 2).sum(axis: 0)
    expectEqual(gradients.mean, expected, "mean")
    // The term 2 c q̄ of c̄ sums to zero, so that the gradient with respect to the mean comes from
    // x̂ only.
    let direct = -(gradients.normalized.sum(axis: 3).sum(axis: 2).sum(axis: 0))
    expectEqual(gradients.mean, direct * staged.forward(x).cache.inverse, "mean, directly")
  }
}
