import BackflowKernels
import BackflowLinearAlgebra
import ComplexModule
import TestSupport
import Testing

@Suite struct `The eigenvalues of a Hessenberg matrix` {
  @Test(arguments: [1, 2, 3, 20, 75, 76, 130, 200])
  func `are those of the same matrix in general form`(order: Int) throws {
    try check(Float.self)
    try check(Double.self)

    func check<S: RealScalar>(_: S.Type) throws {
      // Gaussian matrices have such Hessenberg forms, except for the first column.
      var a: Tensor<S> = randomMatrix([order, order]) * (1 / S(order).squareRoot())
      for row in 0..<order where row > 0 {
        for column in 0..<(row - 1) { a[row, column] = 0 }
        a[row, row - 1] = (1 - S(row) / S(order)).squareRoot()
      }
      let values = try LAPACK.hqr(valuesOfHessenberg: a.span, order: order)
      expectPairs(values)
      try expectSpectrum(values.map(\.exact), of: a)
    }
  }

  @Test func `rejects entries that are not finite`() {
    var a = Tensor<Double>.identity(3)
    a[1, 2] = .nan
    #expect(throws: LAPACKError.nonFiniteEntry(of: "matrix", row: 1, column: 2, value: .nan)) {
      try LAPACK.hqr(valuesOfHessenberg: a.span, order: 3)
    }
  }
}
