import Backflow
import ComplexModule
import Foundation
import TestSupport
import Testing

@Suite struct `Leading eigenvalues by products` {
  @Test(arguments: [1, 2, 3, 7, 30, 60], [1, 3, 6])
  func `agree with the dense ones`(size: Int, count: Int) throws {
    let matrix = ginibre(size, seed: UInt64(size))
    var random = RandomSource(seed: 9)
    let result = try LeadingEigenvalues(order: size, count: count, using: &random) {
      matmul(matrix, $0)
    }
    #expect(result.isConverged, "\(result)")
    #expect(result.eigenvalues.count >= min(size, count))
    let dense = try Spectrum(of: matrix, slopeBound: 1)
    for (index, value) in result.eigenvalues.enumerated() {
      let distance = dense.eigenvalues.map { ($0 - value).length }.min() ?? .infinity
      let condition = dense.eigenvalueConditions[index]
      #expect(distance <= (2 * result.residuals[index] + 1e-12) * max(condition, 100))
      expectClose([value.length], [dense.eigenvalues[index].length], Tolerance(1e-6, scale: 1))
    }
    #expect(try roundTrip(result) == result)
  }

  @Test func `of a large sparse normal matrix are found from few products`() throws {
    // A cycle of 3000 units in which one unit has an additional weight of 2 to itself.
    let size = 3000
    var random = RandomSource(seed: 1)
    let result = try LeadingEigenvalues(order: size, using: &random) { vector in
      let x = vector.elements
      return Tensor(
        (0..<size).map { index in
          (index == 7 ? 2 * x[index] : 0) + 0.5 * x[(index + size - 1) % size]
        }, shape: [size, 1])
    }
    // λ = 2 + (0.5)^n/λ^{n−1}: exactly 2 to rounding.
    #expect(result.isConverged && result.productCount < 200)
    expectClose([result.spectralRadius], [2], Tolerance(1e-7, scale: 2))
  }

  @Test func `of invariant subspaces are exact`() throws {
    var random = RandomSource(seed: 4)
    for matrix in [
      Tensor<Double>.identity(12) * 3, Tensor<Double>.zeros([5, 5]), orthogonal(6) * 2,
      Tensor<Double>.diagonal(Tensor([1, 1, 1, 5, 5, -7])),
    ] {
      let result = try LeadingEigenvalues(
        order: matrix.shape[0], count: 2, using: &random
      ) { matmul(matrix, $0) }
      #expect(result.isConverged)
      expectClose(
        [result.spectralRadius], [try spectralRadius(of: matrix)], Tolerance(1e-10, scale: 1))
    }
  }

  @Test func `say that they have not converged`() throws {
    var random = RandomSource(seed: 4)
    let matrix = orthogonal(200)
    let result = try LeadingEigenvalues(
      order: 200, count: 4, maximumProducts: 50, using: &random
    ) { matmul(matrix, $0) }
    #expect(!result.isConverged && result.productCount == 50)
    #expect(result.residuals.contains { $0 > 1e-6 })
    #expect(result.description.contains("not converged"))
  }

  @Test func `refuse products that are not finite`() {
    var random = RandomSource(seed: 4)
    #expect(throws: StabilityError.self) {
      try LeadingEigenvalues(order: 4, using: &random) { $0 * .nan }
    }
  }
}
