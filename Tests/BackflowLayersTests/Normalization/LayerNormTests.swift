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

  @Test func `has the same gradients every time at the same number of threads`() throws {
    var random = RandomSource(seed: 1)
    let (x, dy): (Tensor<Float>, Tensor<Float>) = (
      random.normal([301, 65]), random.normal([301, 65])
    )
    let layer = LayerNorm<Float>(size: 65)
    func gradients(_ count: Int) throws -> [Tensor<Float>] {
      try Threads.withCount(count) {
        let (dx, gradients) = layer.backward(dy, layer.forward(x).cache)
        return [dx, try #require(gradients.weight), try #require(gradients.bias)]
      }
    }
    let single = try gradients(1)
    for count in [2, 3] {
      let divided = try gradients(count)
      #expect(try divided == gradients(count))
      #expect(divided[0] == single[0])
      // Only the sums over rows are divided elsewhere.
      for index in [1, 2] {
        expectClose(
          divided[index].elements.map { Double($0) }, single[index].elements.map { Double($0) },
          Tolerance(Float.self, length: 1, scale: 60))
      }
    }
  }

  @Test func `sums a gradient whose partial sums overflow`() throws {
    let largest = Double.greatestFiniteMagnitude
    let layer = LayerNorm<Double>(size: 2)
    let dy = Tensor(rows: [[largest, 1], [largest, 1], [-largest, 1]])
    let cache = layer.forward(Tensor(rows: [[1, 2], [3, 4], [5, 6]])).cache
    #expect(layer.backward(dy, cache).gradients.bias == Tensor([largest, 3]))
  }

  @Test func `stops with both shapes if the input does not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LayerNorm<Float>(size: 3)(.zeros([5, 4]))
    }
    #expect(stopMessage(result).contains("[5, 4]"))
    #expect(stopMessage(result).contains("[..., 3]"))
  }
}
