import BackflowKernels
import BackflowLinearAlgebra
import TestSupport
import Testing

@Suite struct `A QR decomposition` {
  @Test(arguments: everyExtents, [false, true])
  func `reproduces the matrix as Q R with orthonormal Q and triangular R`(
    extents: Extents, positiveDiagonal: Bool
  ) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      let a: Tensor<S> = randomMatrix(extents.shape)
      let qr = try QRDecomposition(of: a, positiveDiagonal: positiveDiagonal)
      #expect(qr.q.shape == [extents.rows, extents.smaller])
      #expect(qr.r.shape == [extents.smaller, extents.columns])
      expectProduct(matmul(qr.q.exact, qr.r.exact), is: a)
      expectOrthonormalColumns(qr.q)
      for row in 0..<extents.smaller {
        for column in 0..<row { #expect(qr.r[row, column] == 0) }
        if positiveDiagonal { #expect(qr.r[row, row] > 0) }
      }
    }
  }

  @Test func `with a positive diagonal of an orthogonal matrix is that matrix`() throws {
    let (c, s) = (0.6, 0.8)
    let rotation = Tensor<Double>(rows: [[-c, s], [s, c]])
    let qr = try QRDecomposition(of: rotation, positiveDiagonal: true)
    expectProduct(qr.q, is: rotation)
    expectProduct(qr.r, is: Tensor<Double>.identity(2))
  }

  @Test func `of the zero matrix has orthonormal Q and zero R`() throws {
    let qr = try QRDecomposition(of: Tensor<Double>.zeros([4, 3]), positiveDiagonal: true)
    expectOrthonormalColumns(qr.q)
    #expect(qr.r == .zeros([3, 3]))
  }

  /// The trace of a Haar matrix has mean 0 and variance 1. The result of LAPACK is not Haar: its
  /// diagonal is biased.
  @Test func `of Gaussian matrices is uniform only with a positive diagonal`() throws {
    let (order, draws) = (8, 4000)
    var random = RandomSource(seed: 11)
    var fixed: [Double] = []
    var raw: [Double] = []
    for _ in 0..<draws {
      let a: Tensor<Double> = random.normal([order, order])
      fixed.append(trace(try QRDecomposition(of: a, positiveDiagonal: true).q))
      raw.append(trace(try QRDecomposition(of: a).q))
    }
    // Five standard errors of a mean and of a variance.
    let error = 5 / Double(draws).squareRoot()
    expectClose([mean(fixed)], [0], Tolerance(error, scale: 1))
    expectClose([variance(fixed)], [1], Tolerance(error * Double(2).squareRoot(), scale: 1))
    #expect(mean(raw).magnitude > 1)
    #expect(variance(raw) < 0.7)
  }

  private func trace(_ a: Tensor<Double>) -> Double {
    (0..<a.shape[0]).reduce(0) { $0 + a[$1, $1] }
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private func variance(_ values: [Double]) -> Double {
    let mean = mean(values)
    return self.mean(values.map { ($0 - mean) * ($0 - mean) })
  }
}
