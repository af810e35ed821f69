import BackflowKernels
import BackflowLinearAlgebra
import Foundation
import TestSupport
import Testing

@Suite struct `A singular value decomposition` {
  @Test(arguments: everyExtents)
  func `reproduces the matrix as U Σ Vᵀ with orthonormal U and V`(extents: Extents) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix(extents.shape)
      let svd = try SingularValueDecomposition(of: a)
      #expect(svd.u.shape == [extents.rows, extents.smaller])
      #expect(svd.vTransposed.shape == [extents.smaller, extents.columns])
      let sigma = Tensor<Double>.diagonal(Tensor(svd.singularValues.map { Double($0) }))
      expectProduct(matmul(matmul(svd.u.exact, sigma), svd.vTransposed.exact), is: a)
      expectOrthonormalColumns(svd.u)
      expectOrthonormalColumns(svd.vTransposed.transpose())
      #expect(svd.singularValues == svd.singularValues.sorted(by: >))
      #expect(svd.singularValues.allSatisfy { $0 >= 0 })
      expectClose(
        try singularValues(of: a).map { Double($0) }, svd.singularValues.map { Double($0) },
        Tolerance(S.self, length: extents.larger, scale: a.scale),
        mayBeEmpty: extents.smaller == 0)
    }
  }

  @Test func `of a graded diagonal matrix has the magnitudes, sorted`() throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a = Tensor<S>.diagonal(Tensor([0.001, -100, 1, 0.1, -10, 0]))
      expectClose(
        try singularValues(of: a).map { Double($0) }, [100, 10, 1, 0.1, 0.001, 0],
        Tolerance(S.self, length: 6, scale: 100))
    }
  }

  @Test func `of a matrix of ones has one value, the root of the number of elements`() throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let norm = Double(35).squareRoot()
      expectClose(
        try singularValues(of: Tensor<S>.ones([7, 5])).map { Double($0) }, [norm, 0, 0, 0, 0],
        Tolerance(S.self, length: 7, scale: norm))
    }
  }

  /// Bidiagonal with ones: AᵀA is the second difference matrix except for one corner.
  @Test(arguments: [2, 5, 33])
  func `of a difference matrix has the values 2 cos kπ∕(2n + 1)`(order: Int) throws {
    var a = Tensor<Double>.identity(order)
    for row in 0..<(order - 1) { a[row, row + 1] = -1 }
    let expected = (1...order).map { 2 * cos(Double($0) * Double.pi / Double(2 * order + 1)) }
    expectClose(
      try singularValues(of: a), expected, Tolerance(Double.self, length: order, scale: 2))
  }
}
