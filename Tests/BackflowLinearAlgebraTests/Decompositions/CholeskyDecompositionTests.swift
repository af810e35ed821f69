import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `A Cholesky decomposition` {
  @Test(arguments: orders)
  func `reproduces the matrix as L Lᵀ with lower triangular L`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomPositiveDefinite(order)
      let lower = try CholeskyDecomposition(of: a).lower
      expectProduct(matmul(lower.exact, lower.exact.transposed), is: a)
      for row in 0..<order {
        #expect(lower[row, row] > 0)
        for column in (row + 1)..<max(order, row + 1) { #expect(lower[row, column] == 0) }
      }
    }
  }

  @Test(arguments: orders)
  func `solves for vectors and matrices`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomPositiveDefinite(order)
      let cholesky = try CholeskyDecomposition(of: a)
      for shape: Shape in [[order], [order, 7], [order, 0]] {
        let b: Tensor<S> = randomMatrix(shape, seed: 3)
        let x = try cholesky.solve(b)
        #expect(x.shape == shape)
        let columns = shape.rank == 1 ? 1 : shape[1]
        let product = matmul(a.exact, x.exact.reshaped(to: [order, columns]))
        expectClose(
          product.elements, b.numbers,
          Tolerance(S.self, length: order, scale: a.scale * x.scale), mayBeEmpty: b.isEmpty)
      }
    }
  }

  @Test func `of a product of integers is exact`() throws {
    let lower = Tensor<Float>(rows: [[2, 0, 0], [-1, 3, 0], [4, 1, 5]])
    let a = matmul(lower, lower.transposed)
    #expect(try CholeskyDecomposition(of: a).lower == lower)
  }

  @Test func `reads the lower triangle only`() throws {
    let a = Tensor<Double>(rows: [[4, .nan], [2, 5]])
    #expect(try CholeskyDecomposition(of: a).lower == Tensor(rows: [[2, 0], [1, 2]]))
  }

  @Test func `reports the leading submatrix that is not positive definite`() {
    let indefinite = Tensor<Double>(rows: [[1, 2], [2, 1]])
    #expect(throws: LAPACKError.notPositiveDefinite(order: 2)) {
      try CholeskyDecomposition(of: indefinite)
    }
    let negative = Tensor<Float>.diagonal(Tensor([1, 1, -1, 1]))
    #expect(throws: LAPACKError.notPositiveDefinite(order: 3)) {
      try CholeskyDecomposition(of: negative)
    }
    #expect(throws: LAPACKError.notPositiveDefinite(order: 1)) {
      try CholeskyDecomposition(of: Tensor<Double>.zeros([1, 1]))
    }
  }
}
