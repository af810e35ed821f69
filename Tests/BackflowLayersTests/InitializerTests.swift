import Backflow
import TestSupport
import Testing

@Suite struct `An initializer` {
  private func draw(_ initializer: Initializer, _ shape: Shape) -> Tensor<Double> {
    var random = RandomSource(seed: 17)
    return initializer(shape, using: &random)
  }

  @Test func `has the variance of its formula`() {
    let (fanIn, fanOut) = (300, 200)
    let cases: [(String, Initializer, Double)] = [
      ("Glorot uniform", .glorotUniform(), 2.0 / Double(fanIn + fanOut)),
      ("Glorot normal", .glorotNormal(gain: 3), 9 * 2.0 / Double(fanIn + fanOut)),
      ("He uniform", .heUniform(), 2.0 / Double(fanIn)),
      ("He normal", .heNormal(), 2.0 / Double(fanIn)),
      ("He uniform for a leaky ReLU", .heUniform(slope: 3), 0.2 / Double(fanIn)),
      ("He normal for a leaky ReLU", .heNormal(slope: -3), 0.2 / Double(fanIn)),
      ("LeCun uniform", .lecunUniform(), 1 / Double(fanIn)),
      ("LeCun normal", .lecunNormal(gain: 2), 4 / Double(fanIn)),
      ("uniform", .uniform(-3..<3), 3),
      ("normal", .normal(standardDeviation: 0.1), 0.01),
    ]
    for (name, initializer, variance) in cases {
      let weights = draw(initializer, [fanOut, fanIn])
      // Five times 2/√60000 = 0.8 %, the approximate standard error of a variance of 60,000
      // numbers.
      #expect(abs(weights.variance() / variance - 1) < 0.04, "\(name)")
      #expect(abs(weights.mean()) < 5 * (variance / 60_000).squareRoot(), "\(name)")
    }
  }

  // The gain has the same meaning in all initializers.
  @Test func `of He for a ReLU is that of LeCun with a gain of √2`() {
    let gain = 2.0.squareRoot()
    let tolerance = Tolerance(Double.self, length: 4, scale: 0.5)
    expectClose(
      draw(.heNormal(), [30, 20]).elements, draw(.lecunNormal(gain: gain), [30, 20]).elements,
      tolerance)
    expectClose(
      draw(.heUniform(), [30, 20]).elements, draw(.lecunUniform(gain: gain), [30, 20]).elements,
      tolerance)
  }

  @Test func `with a uniform distribution covers the range up to its bound`() {
    let bound = (6.0 / 500).squareRoot()
    let largest = draw(.glorotUniform(), [200, 300]).maxMagnitude()
    #expect(largest <= bound)
    #expect(largest > 0.999 * bound)
  }

  @Test func `fills tensors of any shape with a constant or with random numbers around a mean`() {
    #expect(draw(.zeros, [2, 3, 4]) == .zeros([2, 3, 4]))
    #expect(draw(.constant(2.5), [3]) == Tensor([2.5, 2.5, 2.5]))
    let values = draw(.normal(mean: 5, standardDeviation: 2), [10_000])
    #expect(abs(values.mean() - 5) < 5 * 2 / 100)
    let inside = draw(.uniform(1..<2), [1000])
    #expect(inside.min() >= 1 && inside.max() < 2)
  }

  @Test func `with the identity matrix preserves as much of a state as possible`() {
    #expect(draw(.identity(gain: 0.5), [2, 2]) == Tensor(rows: [[0.5, 0], [0, 0.5]]))
    #expect(draw(.identity(), [2, 3]) == Tensor(rows: [[1, 0, 0], [0, 1, 0]]))
    #expect(draw(.identity(), [3, 2]) == Tensor(rows: [[1, 0], [0, 1], [0, 0]]))
  }

  @Test func `includes the size of a kernel in fan-in and fan-out`() {
    // The fan-in is 2·9, and the fan-out 4·9.
    let bound = (6.0 / 54).squareRoot()
    let weights = draw(.glorotUniform(), [4, 2, 3, 3])
    #expect(weights.shape == [4, 2, 3, 3])
    #expect(weights.maxMagnitude() <= bound && weights.maxMagnitude() > 0.9 * bound)
    var random = RandomSource(seed: 17)
    let layer = Conv2D<Double>(
      inputChannels: 4, outputChannels: 4, kernelSize: 3, groups: 2, weights: .glorotUniform(),
      using: &random)
    #expect(layer.weight == weights)
  }

  @Test func `with an orthogonal matrix treats a kernel as a matrix`() {
    #expect(
      draw(.orthogonal(), [4, 2, 3, 3]) == draw(.orthogonal(), [4, 18]).reshaped(to: [4, 2, 3, 3]))
  }

  @Test func `returns the same numbers in both precisions`() {
    var (one, two) = (RandomSource(seed: 4), RandomSource(seed: 4))
    let single: Tensor<Float> = Initializer.heNormal()([7, 9], using: &one)
    let double: Tensor<Double> = Initializer.heNormal()([7, 9], using: &two)
    #expect(single == Tensor(double))
  }

  @Test(arguments: [[1, 1], [5, 5], [7, 3], [3, 7], [64, 64]])
  func `of the orthogonal kind has orthonormal rows or columns`(extents: [Int]) {
    let q = draw(.orthogonal(gain: 2), Shape(extents))
    let small = min(extents[0], extents[1])
    let gram = extents[0] >= extents[1] ? matmul(q.transposed, q) : matmul(q, q.transposed)
    expectClose(
      gram.elements, (Tensor<Double>.identity(small) * 4).elements,
      Tolerance(Double.self, length: extents.max() ?? 1, scale: 4))
  }

  // For the Haar measure, the trace of Q has mean 0 and variance 1 (Diaconis and Shahshahani 1994).
  // Without the correction of signs, the Q of LAPACK has mean −1.58 and variance 0.52 at this size.
  @Test func `with an orthogonal matrix has a uniform distribution`() {
    var random = RandomSource(seed: 23)
    let count = 3000
    let traces = (0..<count).map { _ in
      let q: Tensor<Double> = Initializer.orthogonal()([8, 8], using: &random)
      return (0..<8).reduce(0) { $0 + q[$1, $1] }
    }
    let mean = traces.reduce(0, +) / Double(count)
    let variance = traces.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    // Five standard errors: 5/√3000 and 5·√(2/3000).
    #expect(abs(mean) < 0.092)
    #expect(abs(variance - 1) < 0.13)
  }
}
