import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

/// W = g N^−½ randn. The means and standard deviations over many matrices, for g = 1; the means
/// approach 1 and 2.
@Suite struct `A random matrix` {
  @Test(arguments: [(100, 1.036, 0.035, 1.959), (400, 1.032, 0.018, 1.985)], [1, 1.5])
  func `has the spectral radius g and the largest singular value 2 g`(
    row: (size: Int, radius: Double, spread: Double, norm: Double), gain: Double
  ) throws {
    var random = RandomSource(seed: 31)
    let w: Tensor<Double> =
      random.normal([row.size, row.size], standardDeviation: gain / Double(row.size).squareRoot())
    // Four standard deviations of one matrix.
    #expect((try spectralRadius(of: w) / gain - row.radius).magnitude <= 4 * row.spread)
    let largest = try #require(try singularValues(of: w).first)
    #expect((largest / gain - row.norm).magnitude <= 4 * row.spread)
  }
}
