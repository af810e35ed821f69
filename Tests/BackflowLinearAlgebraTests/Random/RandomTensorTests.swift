import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `A random tensor` {
  @Test func `has the single numbers in row-major order`() {
    var (one, many) = (RandomSource(seed: 12), RandomSource(seed: 12))
    let uniform: Tensor<Double> = many.uniform([3, 4])
    #expect(uniform.shape == [3, 4])
    #expect(uniform.elements == (0..<12).map { _ in one.uniform() })
    let normal: Tensor<Double> = many.normal([2, 5])
    #expect(normal.elements == (0..<10).map { _ in one.normal() })
    // Both are at the same position of the stream.
    #expect(one.next() == many.next())
  }

  @Test func `is the same in both precisions, up to rounding`() {
    var sources = (RandomSource(seed: 13), RandomSource(seed: 13))
    let doubles = (
      sources.0.uniform([500], in: -3..<5, as: Double.self),
      sources.0.normal([500], mean: 2, standardDeviation: 3, as: Double.self)
    )
    let floats = (
      sources.1.uniform([500], in: -3..<5, as: Float.self),
      sources.1.normal([500], mean: 2, standardDeviation: 3, as: Float.self)
    )
    #expect(floats.0 == Tensor<Float>(doubles.0) && floats.1 == Tensor<Float>(doubles.1))
  }

  @Test func `is uniform on the given range`() {
    var source = RandomSource(seed: 14)
    let tensor: Tensor<Double> = source.uniform([100, 100], in: -3..<5)
    #expect(tensor.min() >= -3 && tensor.min() < -2.99)
    #expect(tensor.max() < 5 && tensor.max() > 4.99)
    // Standard deviation 8/√12; five standard errors of the mean of 10,000.
    #expect(abs(tensor.mean() - 1) < 5 * 2.31 / 100)
    #expect(abs(tensor.standardDeviation() - 2.3094) < 0.05)
  }

  @Test func `has the given mean and standard deviation`() {
    var source = RandomSource(seed: 15)
    let tensor: Tensor<Float> = source.normal([100, 100], mean: -4, standardDeviation: 0.5)
    #expect(abs(tensor.mean() + 4) < 5 * 0.5 / 100)
    #expect(abs(tensor.standardDeviation() - 0.5) < 5 * 0.5 / 141)
    let constant: Tensor<Float> = source.normal([3], mean: 2, standardDeviation: 0)
    #expect(constant.elements == [2, 2, 2])
  }

  @Test func `may be empty, which does not change the state`() {
    var source = RandomSource(seed: 16)
    let untouched = source
    let none: Tensor<Float> = source.normal([4, 0])
    #expect(none.shape == [4, 0])
    var copy = untouched
    #expect(source.next() == copy.next())
  }
}
