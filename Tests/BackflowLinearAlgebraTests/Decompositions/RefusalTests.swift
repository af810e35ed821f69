import BackflowKernels
import BackflowLinearAlgebra
import Testing

/// A decomposition of a square matrix, with its name.
struct Decomposition<S: RealScalar>: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let run: @Sendable (Tensor<S>) throws(LAPACKError) -> Void

  static var all: [Decomposition] {
    [
      .init(testDescription: "eigenvalues") { a throws(LAPACKError) in
        _ = try eigenvalues(of: a)
      },
      .init(testDescription: "spectral radius") { a throws(LAPACKError) in
        _ = try spectralRadius(of: a)
      },
      .init(testDescription: "eigen") { a throws(LAPACKError) in
        _ = try EigenDecomposition(of: a)
      },
      .init(testDescription: "symmetric eigenvalues") { a throws(LAPACKError) in
        _ = try symmetricEigenvalues(of: a)
      },
      .init(testDescription: "symmetric eigen") { a throws(LAPACKError) in
        _ = try SymmetricEigenDecomposition(of: a)
      },
      .init(testDescription: "singular values") { a throws(LAPACKError) in
        _ = try singularValues(of: a)
      },
      .init(testDescription: "SVD") { a throws(LAPACKError) in
        _ = try SingularValueDecomposition(of: a)
      },
      .init(testDescription: "QR") { a throws(LAPACKError) in
        _ = try QRDecomposition(of: a, positiveDiagonal: true)
      },
      .init(testDescription: "Schur") { a throws(LAPACKError) in
        _ = try SchurDecomposition(of: a)
      },
      .init(testDescription: "LU") { a throws(LAPACKError) in
        _ = try LUDecomposition(of: a)
      },
      .init(testDescription: "solve") { a throws(LAPACKError) in
        _ = try solve(a, .ones([a.shape[0], 2]))
      },
      .init(testDescription: "least squares") { a throws(LAPACKError) in
        _ = try leastSquares(a, .ones([a.shape[0], 2]))
      },
      .init(testDescription: "Cholesky") { a throws(LAPACKError) in
        _ = try CholeskyDecomposition(of: a).solve(.ones([a.shape[0]]))
      },
    ]
  }
}

@Suite struct `Every decomposition` {
  @Test(arguments: Decomposition<Float>.all)
  func `in single precision leaves its matrix unchanged`(decomposition: Decomposition<Float>)
    throws
  {
    try checkUnchanged(decomposition)
  }

  @Test(arguments: Decomposition<Double>.all)
  func `in double precision leaves its matrix unchanged`(decomposition: Decomposition<Double>)
    throws
  {
    try checkUnchanged(decomposition)
  }

  private func checkUnchanged<S: RealScalar>(_ decomposition: Decomposition<S>) throws {
    for order in orders {
      let a: Tensor<S> = randomPositiveDefinite(order)
      let elements = a.elements
      try decomposition.run(a)
      #expect(a.elements == elements)
    }
  }

  @Test(arguments: Decomposition<Float>.all)
  func `in single precision rejects non-finite entries`(decomposition: Decomposition<Float>) {
    checkRefusal(decomposition)
  }

  @Test(arguments: Decomposition<Double>.all)
  func `in double precision rejects non-finite entries`(decomposition: Decomposition<Double>) {
    checkRefusal(decomposition)
  }

  private func checkRefusal<S: RealScalar>(_ decomposition: Decomposition<S>) {
    let values: [(S, LAPACKError.NonFiniteValue)] = [
      (.nan, .nan), (.infinity, .positiveInfinity), (-.infinity, .negativeInfinity),
    ]
    for (value, name) in values {
      // In the lower triangle, which all of them read. The first non-finite entry is reported.
      for (row, column) in [(0, 0), (3, 1), (4, 4)] {
        var a: Tensor<S> = randomPositiveDefinite(5)
        a[4, 4] = .nan
        a[row, column] = value
        #expect(
          throws: LAPACKError.nonFiniteEntry(of: "matrix", row: row, column: column, value: name)
        ) { try decomposition.run(a) }
      }
    }
  }

  @Test func `whose results overflow reports it`() {
    let huge = Tensor<Double>(repeating: .greatestFiniteMagnitude, shape: [4, 4])
    expectOverflow("geev") { _ = try eigenvalues(of: huge) }
    expectOverflow("geev") { _ = try EigenDecomposition(of: huge) }
    expectOverflow("syevd") { _ = try symmetricEigenvalues(of: huge) }
    expectOverflow("gesdd") { _ = try singularValues(of: huge) }
    expectOverflow("gesdd") { _ = try SingularValueDecomposition(of: huge) }
    expectOverflow("geqrf") { _ = try QRDecomposition(of: huge) }
    expectOverflow("gees") { _ = try SchurDecomposition(of: huge) }
    expectOverflow("lange") { _ = try LUDecomposition(of: huge) }
    expectOverflow("gelsd") { _ = try leastSquares(huge, .ones([4])) }
  }

  private func expectOverflow(
    _ routine: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    #expect(
      throws: LAPACKError.overflow(routine: routine), sourceLocation: sourceLocation,
      performing: body)
  }

  @Test func `with a right-hand side rejects non-finite entries of it`() throws {
    let a: Tensor<Double> = randomPositiveDefinite(3)
    let b = Tensor<Double>(rows: [[1, 2], [3, 4], [-.infinity, 5]])
    let expected = LAPACKError.nonFiniteEntry(
      of: "right-hand side", row: 2, column: 0, value: .negativeInfinity)
    let (lu, cholesky) = (try LUDecomposition(of: a), try CholeskyDecomposition(of: a))
    #expect(throws: expected) { try lu.solve(b) }
    #expect(throws: expected) { try cholesky.solve(b) }
    #expect(throws: expected) { try leastSquares(a, b) }
  }
}
