import BackflowKernels
import BackflowLinearAlgebra
import Foundation
import TestSupport
import Testing

@Suite struct `A symmetric eigendecomposition` {
  @Test(arguments: orders)
  func `reproduces the matrix as V Λ Vᵀ with orthonormal V`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let root: Tensor<S> = randomMatrix([order, order])
      let a = root + root.transpose()
      let eigen = try SymmetricEigenDecomposition(of: a)
      let lambda = Tensor<Double>.diagonal(Tensor(eigen.values.map { Double($0) }))
      let v = eigen.vectors.exact
      expectProduct(matmul(matmul(v, lambda), v.transposed), is: a)
      expectOrthonormalColumns(eigen.vectors)
      #expect(eigen.values == eigen.values.sorted())
      expectClose(
        try symmetricEigenvalues(of: a).map { Double($0) }, eigen.values.map { Double($0) },
        Tolerance(S.self, length: order, scale: a.scale), mayBeEmpty: order == 0)
    }
  }

  @Test(arguments: [1, 2, 3, 8, 33, 130])
  func `of the second difference matrix has the values 2 − 2 cos kπ∕(n + 1)`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let expected = (1...order).map { 2 - 2 * cos(Double($0) * Double.pi / Double(order + 1)) }
      expectClose(
        try symmetricEigenvalues(of: secondDifference(order, S.self)).map { Double($0) }, expected,
        Tolerance(S.self, length: order, scale: 4))
    }
  }

  @Test func `reads the lower triangle only`() throws {
    var a: Tensor<Double> = secondDifference(5)
    let expected = try SymmetricEigenDecomposition(of: a)
    for row in 0..<5 {
      for column in (row + 1)..<5 { a[row, column] = .nan }
    }
    let eigen = try SymmetricEigenDecomposition(of: a)
    #expect(eigen.values == expected.values)
    #expect(eigen.vectors == expected.vectors)
  }
}

/// The matrix with 2 on the diagonal and −1 next to it.
func secondDifference<S: RealScalar>(_ order: Int, _: S.Type = S.self) -> Tensor<S> {
  var a = Tensor<S>.diagonal(Tensor(repeating: 2, shape: [order]))
  for row in 0..<max(order - 1, 0) {
    a[row, row + 1] = -1
    a[row + 1, row] = -1
  }
  return a
}
