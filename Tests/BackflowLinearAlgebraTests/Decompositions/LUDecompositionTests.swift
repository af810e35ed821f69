import BackflowKernels
import BackflowLinearAlgebra
import Foundation
import TestSupport
import Testing

@Suite struct `An LU decomposition` {
  @Test(arguments: orders)
  func `reproduces the rows of the matrix as L U`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix([order, order])
      let lu = try LUDecomposition(of: a)
      var (lower, upper) = (Tensor<Double>.identity(order), Tensor<Double>.zeros([order, order]))
      let packed = lu.packed.exact
      for row in 0..<order {
        for column in 0..<row {
          lower[row, column] = packed[row, column]
          #expect(packed[row, column].magnitude <= 1)
        }
        for column in row..<order { upper[row, column] = packed[row, column] }
      }
      #expect(lu.permutation.sorted() == Array(0..<order))
      expectProduct(matmul(lower, upper), is: a.selectRows(lu.permutation))
    }
  }

  @Test(arguments: orders)
  func `solves for vectors and matrices`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix([order, order])
      let lu = try LUDecomposition(of: a)
      for shape: Shape in [[order], [order, 1], [order, 7], [order, 0]] {
        let b: Tensor<S> = randomMatrix(shape, seed: 3)
        let x = try lu.solve(b)
        #expect(x.shape == shape)
        let columns = shape.rank == 1 ? 1 : shape[1]
        let product = matmul(a.exact, x.exact.reshaped(to: [order, columns]))
        // The residual is small relative to ‖A‖·‖X‖ even if X itself is not accurate.
        expectClose(
          product.elements, b.numbers,
          Tolerance(S.self, length: order, scale: a.scale * x.scale), mayBeEmpty: b.isEmpty)
        #expect(try solve(a, b) == x)
      }
    }
  }

  @Test func `of a triangular matrix has the determinant of its diagonal`() throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a = Tensor<S>(rows: [[2, 5, -1], [0, -3, 4], [0, 0, 0.5]])
      let lu = try LUDecomposition(of: a)
      expectClose(
        [Double(lu.logAbsoluteDeterminant)], [log(3)], Tolerance(S.self, length: 3, scale: 1))
      #expect(lu.determinantSign == -1)
    }
  }

  @Test func `has a finite log determinant if the determinant overflows`() throws {
    let large = try LUDecomposition(of: Tensor<Double>.identity(5) * 1e200)
    expectClose(
      [large.logAbsoluteDeterminant], [1000 * log(10)],
      Tolerance(Double.self, length: 5, scale: 2302))
    #expect(large.determinantSign == 1)
    let small = try LUDecomposition(of: Tensor<Float>.identity(5) * -1e-30)
    expectClose(
      [Double(small.logAbsoluteDeterminant)], [-150 * log(10)],
      Tolerance(Float.self, length: 5, scale: 345))
    #expect(small.determinantSign == -1)
  }

  @Test func `of an exchange of rows has determinant −1 and of a cycle of three 1`() throws {
    let exchange = Tensor<Double>(rows: [[0, 1], [1, 0]])
    #expect(try LUDecomposition(of: exchange).determinantSign == -1)
    let cycle = Tensor<Double>(rows: [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    let lu = try LUDecomposition(of: cycle)
    #expect(lu.determinantSign == 1)
    #expect(lu.logAbsoluteDeterminant == 0)
    #expect(lu.permutation == [2, 0, 1])
  }

  @Test func `of the empty matrix has determinant 1`() throws {
    let lu = try LUDecomposition(of: Tensor<Double>.zeros([0, 0]))
    #expect(lu.logAbsoluteDeterminant == 0)
    #expect(lu.determinantSign == 1)
    #expect(lu.reciprocalConditionNumber == 1)
    #expect(lu.permutation.isEmpty)
  }

  @Test func `of a singular matrix exists but does not solve`() throws {
    for (rows, pivot) in [([[1, 2], [2, 4]], 1), ([[0, 0], [0, 0]], 0)] {
      let lu = try LUDecomposition(of: Tensor<Double>(rows: rows.map { $0.map(Double.init) }))
      #expect(lu.singularPivot == pivot)
      #expect(lu.logAbsoluteDeterminant == -.infinity)
      #expect(lu.determinantSign == 0)
      #expect(lu.reciprocalConditionNumber == 0)
      #expect(throws: LAPACKError.singular(pivot: pivot)) { try lu.solve(.ones([2])) }
    }
  }

  @Test(arguments: [1, 2, 33])
  func `of the identity has reciprocal condition number 1`(order: Int) throws {
    #expect(try LUDecomposition(of: Tensor<Float>.identity(order)).reciprocalConditionNumber == 1)
    #expect(try LUDecomposition(of: Tensor<Double>.identity(order)).reciprocalConditionNumber == 1)
  }

  /// ‖H‖₁ = 137/60 and ‖H⁻¹‖₁ = 413280, exactly.
  @Test func `of the Hilbert matrix of order 5 has condition number 943656`() throws {
    let hilbert = Tensor<Double>(
      rows: (0..<5).map { row in (0..<5).map { 1 / Double(row + $0 + 1) } })
    let double = try LUDecomposition(of: hilbert).reciprocalConditionNumber
    // Relative error: the condition number times the rounding error.
    expectClose([double * 943656], [1], Tolerance(1e-8, scale: 1))
    let single = try LUDecomposition(of: Tensor<Float>(hilbert)).reciprocalConditionNumber
    expectClose([Double(single) * 943656], [1], Tolerance(0.5, scale: 1))
  }

  @Test func `reports a solution that overflows`() throws {
    let tiny = try LUDecomposition(of: Tensor<Double>(rows: [[1e-200]]))
    #expect(throws: LAPACKError.overflow(routine: "getrs")) { try tiny.solve(Tensor([1e200])) }
  }
}
