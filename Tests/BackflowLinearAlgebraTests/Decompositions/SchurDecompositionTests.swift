import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import TestSupport
import Testing

@Suite struct `A Schur decomposition` {
  @Test(arguments: orders)
  func `reproduces the matrix as Z T Zᵀ with orthogonal Z`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix([order, order])
      let schur = try SchurDecomposition(of: a)
      let z = schur.z.exact
      expectProduct(matmul(matmul(z, schur.t.exact), z.transposed), is: a)
      expectOrthonormalColumns(schur.z)
    }
  }

  @Test(arguments: orders)
  func `has 1 × 1 blocks for real eigenvalues and 2 × 2 blocks for pairs`(order: Int) throws {
    let a: Tensor<Double> = randomMatrix([order, order])
    let schur = try SchurDecomposition(of: a)
    let (t, values) = (schur.t, schur.eigenvalues)
    for row in 0..<order {
      #expect(values[row].real == t[row, row])
      for column in 0..<max(row - 1, 0) { #expect(t[row, column] == 0) }
      if row > 0 {
        let isPair = values[row - 1].imaginary > 0 && values[row] == values[row - 1].conjugate
        #expect((t[row, row - 1] != 0) == isPair)
      }
    }
    expectSameEigenvalues(
      values, try eigenvalues(of: a).map(\.exact),
      Tolerance(Double.self, length: order, scale: a.scale, factor: 50), mayBeEmpty: order == 0)
  }

  @Test func `of a symmetric matrix is diagonal`() throws {
    let a: Tensor<Double> = secondDifference(8)
    let t = try SchurDecomposition(of: a).t
    var offDiagonal = t.elements
    for row in 0..<8 { offDiagonal[row * 9] = 0 }
    expectClose(
      offDiagonal, [Double](repeating: 0, count: 64),
      Tolerance(Double.self, length: 8, scale: a.scale))
  }
}
