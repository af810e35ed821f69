import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `Least squares` {
  @Test(arguments: everyExtents)
  func `leaves a residual orthogonal to the columns`(extents: Extents) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix(extents.shape)
      for shape: Shape in [[extents.rows], [extents.rows, 3], [extents.rows, 0]] {
        let b: Tensor<S> = randomMatrix(shape, seed: 3)
        let fit = try leastSquares(a, b)
        let columns = shape.rank == 1 ? 1 : shape[1]
        #expect(fit.solution.shape == shape.replacing(axis: 0, with: extents.columns))
        #expect(fit.rank == extents.smaller)
        let x = fit.solution.exact.reshaped(to: [extents.columns, columns])
        let residual = b.exact.reshaped(to: [extents.rows, columns]) - matmul(a.exact, x)
        let scale = b.scale + a.scale * x.scale
        expectClose(
          fit.residual.numbers, residual.elements,
          Tolerance(S.self, length: extents.larger, scale: scale), mayBeEmpty: b.isEmpty)
        expectClose(
          matmul(a.exact.transposed, residual).elements,
          [Double](repeating: 0, count: extents.columns * columns),
          Tolerance(S.self, length: extents.larger, scale: a.scale * scale),
          mayBeEmpty: extents.columns * columns == 0)
      }
    }
  }

  @Test func `finds the rank and the shortest solution of a deficient matrix`() throws {
    try check(Float.self)
    try check(Double.self)

    // A = Σ σᵢuᵢvᵢᵀ has the minimum-norm solution Σ (uᵢᵀb ∕ σᵢ)·vᵢ.
    func check<S: RealScalar>(_: S.Type) throws {
      for (rows, columns) in [(12, 7), (7, 12), (9, 9)] {
        let sigma = [4.0, 2, 1]
        let u = try QRDecomposition(of: randomMatrix([rows, 3]) as Tensor<Double>).q
        let v = try QRDecomposition(of: randomMatrix([columns, 3], seed: 2) as Tensor<Double>).q
        let a = matmul(matmul(u, .diagonal(Tensor(sigma))), v.transposed)
        let b: Tensor<Double> = randomMatrix([rows, 1], seed: 3)
        let inverse = Tensor<Double>.diagonal(Tensor(sigma.map { 1 / $0 }))
        let expected = matmul(v, matmul(inverse, matmul(u.transposed, b)))

        let fit = try leastSquares(Tensor<S>(a), Tensor<S>(b))
        #expect(fit.rank == 3)
        expectClose(
          fit.solution.numbers, expected.elements,
          Tolerance(S.self, length: 12, scale: b.scale * a.scale))
        expectClose(
          fit.singularValues.prefix(3).map { Double($0) }, sigma,
          Tolerance(S.self, length: 12, scale: 4))
      }
    }
  }

  @Test func `counts singular values below the given tolerance as zero`() throws {
    let a = Tensor<Double>.diagonal(Tensor([1, 0.1, 0.001]))
    let b = Tensor<Double>([1, 1, 1])
    #expect(try leastSquares(a, b).rank == 3)
    let truncated = try leastSquares(a, b, rankTolerance: 0.01)
    #expect(truncated.rank == 2)
    expectClose(
      truncated.solution.elements, [1, 10, 0], Tolerance(Double.self, length: 3, scale: 10))
  }

  @Test func `fits a line through points on a line exactly`() throws {
    let a = Tensor<Double>(rows: [[1, 0], [1, 1], [1, 2], [1, 3]])
    let fit = try leastSquares(a, Tensor([1, 3, 5, 7]))
    let tolerance = Tolerance(Double.self, length: 4, scale: 7)
    expectClose(fit.solution.elements, [1, 2], tolerance)
    expectClose(fit.residual.elements, [0, 0, 0, 0], tolerance)
  }

  @Test func `without equations is zero, without unknowns leaves the right-hand side`() throws {
    let none = try leastSquares(Tensor<Double>.zeros([0, 3]), .zeros([0, 2]))
    #expect(none.solution == .zeros([3, 2]))
    #expect(none.rank == 0)
    let rest = try leastSquares(Tensor<Double>.zeros([3, 0]), Tensor([1, 2, 3]))
    #expect(rest.solution.shape == [0])
    #expect(rest.residual.elements == [1, 2, 3])
  }

  @Test func `of the zero matrix gives zero and rank 0`() throws {
    let fit = try leastSquares(Tensor<Double>.zeros([3, 2]), Tensor([1, 2, 3]))
    #expect(fit.solution.elements == [0, 0])
    #expect(fit.rank == 0)
  }
}
