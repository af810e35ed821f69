import Backflow
import TestSupport
import Testing

@Suite struct `Staged batch normalisation` {
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

  @Test func `is the fused layer, forward and backward, to rounding`() {
    let (output, cache) = layer.forward(x, .training(seed: 0))
    let (stagedOutput, stages) = staged.forward(x)
    expectEqual(stagedOutput, output, "output")
    expectEqual(stages.variance, cache.variance, "variance")
    let (inputGradient, gradients) = layer.backward(gradient, cache)
    let (stagedInputGradient, stagedGradients) = staged.backward(gradient, stages)
    expectEqual(stagedInputGradient, inputGradient, "input gradient")
    expectEqual(stagedGradients.weight, gradients.weight, "weight gradient")
    expectEqual(stagedGradients.bias, gradients.bias, "bias gradient")
  }

  @Test func `is a graph whose nodes follow what they are computed from`() {
    let stages = staged.forward(x).cache
    let nodes = staged.graph(gradient, stages).nodes
    #expect(nodes.map(\.name) == ["x", "μ", "c", "q", "v", "s", "r", "x̂", "γ", "z", "β", "y"])
    for (place, node) in nodes.enumerated() {
      #expect(node.inputs.allSatisfy { $0 < place }, "\(node.name)")
      #expect(node.inputs.isEmpty == node.operation.isEmpty, "\(node.name)")
      #expect(node.forwardNorm > 0 && node.backwardNorm >= 0, "\(node.name)")
    }
    #expect(nodes[0].shape == x.shape && nodes[4].shape == [3])
    expectClose(
      [nodes[0].forwardNorm, nodes[11].backwardNorm], [x.norm(), gradient.norm()],
      Tolerance(Double.self, length: x.count, scale: x.norm()))
    // Every value but the output goes into another.
    #expect(Set(nodes.flatMap(\.inputs)) == Set(0..<11))
  }

  @Test func `passes to the mean only what comes straight from x̂`() {
    let gradients = staged.stageGradients(gradient, staged.forward(x).cache)
    let expected = -gradients.centered.sum(axis: 3).sum(axis: 2).sum(axis: 0)
    expectEqual(gradients.mean, expected, "mean")
    // What 2 c q̄ adds to c̄ sums to zero, so the mean's gradient is that of x̂ alone.
    let direct = -(gradients.normalized.sum(axis: 3).sum(axis: 2).sum(axis: 0))
    expectEqual(gradients.mean, direct * staged.forward(x).cache.inverse, "mean, directly")
  }
}
