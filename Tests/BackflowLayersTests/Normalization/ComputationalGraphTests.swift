import Backflow
import TestSupport
import Testing

@Suite struct `The graph of batch normalization` {
  @Test func `shows the gradient along each edge`() {
    var random = RandomSource(seed: 8)
    let fused = BatchNorm<Double>(
      weight: random.normal([3]), bias: random.normal([3]), runningMean: .zeros([3]),
      runningVariance: .ones([3]))
    let layer = StagedBatchNorm(fused)
    let (_, stages) = layer.forward(random.normal([7, 3], mean: 2))
    let upstream: Tensor<Double> = random.normal([7, 3])
    let gradients = layer.stageGradients(upstream, stages)
    let graph = layer.graph(upstream, stages)
    func part(of input: String, through node: String) -> Double? {
      guard let node = graph.nodes.first(where: { $0.name == node }),
        let place = node.inputs.firstIndex(where: { graph.nodes[$0].name == input })
      else { return nil }
      return node.inputGradientNorms[place]
    }

    // x̄ = c̄ + μ̄/m, with μ̄/m for each of the m samples.
    #expect(part(of: "x", through: "c") == gradients.centered.norm())
    expectClose(part(of: "x", through: "μ"), gradients.mean.norm() / 7.0.squareRoot())
    // c̄ = r x̂̄ + 2 c q̄
    expectClose(
      part(of: "c", through: "x̂"), (gradients.normalized * stages.inverse).norm())
    expectClose(
      part(of: "c", through: "q"), (stages.centered * gradients.squared * 2).norm())
    // The gradient of a value with one use comes from that use.
    for node in graph.nodes {
      for (input, norm) in zip(node.inputs, node.inputGradientNorms) where input != 0 && input != 2
      {
        #expect(norm == graph.nodes[input].backwardNorm)
      }
    }
  }

  private func expectClose(_ value: Double?, _ expected: Double) {
    #expect(abs((value ?? .nan) - expected) <= 1e-13 * expected)
  }
}
