import Backflow
import TestSupport
import Testing

@Suite struct `Layer normalization` {
  @Test func `returns rows of mean 0 and variance 1`() {
    var random = RandomSource(seed: 1)
    let x: Tensor<Double> = random.normal([3, 2, 50], mean: 7, standardDeviation: 3)
    let y = LayerNorm<Double>(size: 50, epsilon: 1e-30)(x)
    let tolerance = Tolerance(Double.self, length: 50, scale: 8)
    for row in 0..<6 {
      let values = y.asRows.select(row)
      expectClose([values.mean(), values.variance()], [0, 1], tolerance)
    }
  }

  @Test func `scales and shifts by feature`() {
    let layer = LayerNorm<Double>(weight: Tensor([2, 3]), bias: Tensor([10, 20]), epsilon: 1e-30)
    #expect(layer(Tensor(rows: [[-1, 1], [9, 5]])) == Tensor(rows: [[8, 23], [12, 17]]))
  }

  @Test func `returns the bias for a constant row`() {
    let layer = LayerNorm<Float>(weight: .ones([3]), bias: Tensor([1, 2, 3]))
    #expect(layer(Tensor(repeating: 4, shape: [1, 3])) == Tensor(rows: [[1, 2, 3]]))
  }

  @Test func `stops with both shapes if the input does not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LayerNorm<Float>(size: 3)(.zeros([5, 4]))
    }
    #expect(stopMessage(result).contains("[5, 4]"))
    #expect(stopMessage(result).contains("[..., 3]"))
  }
}
