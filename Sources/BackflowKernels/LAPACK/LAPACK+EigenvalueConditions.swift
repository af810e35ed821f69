package import ComplexModule

extension LAPACK {
  /// Returns the eigenvalues of `a`, n × n, and their condition numbers with respect to `a` and to
  /// the balanced matrix.
  ///
  /// `geevx` decomposes B = D⁻¹·A·D, where the diagonal D (with a permutation) balances rows and
  /// columns, as in `geev`. A small change E of a matrix moves its eigenvalue λ_i by at most
  /// ‖E‖₂/s_i to first order, where s_i is the cosine of the angle between the left and the right
  /// eigenvector (Golub and Van Loan, "Matrix Computations", section 7.2.2). The condition numbers
  /// are 1/s_i: 1 for a normal matrix, infinite for a defective eigenvalue. `balancedNorm` is
  /// ‖B‖_F.
  package static func geevx<S: RealScalar>(
    valuesOf a: Span<S>, order n: Int
  ) throws(LAPACKError) -> (
    values: [Complex<S>], conditions: [S], balancedConditions: [S], balancedNorm: S
  ) {
    try checkFinite(a, rows: n, columns: n)
    var matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    var values = Buffer<S>(uninitialized: 2 * n)
    var left = ColumnMajor<S>(uninitialized: n, n)
    var right = ColumnMajor<S>(uninitialized: n, n)
    var scale = Buffer<S>(uninitialized: n)
    var cosines = Buffer<S>(uninitialized: n)
    let (balanced, vectors, ofEigenvalues) = (
      CChar(ascii: "B"), CChar(ascii: "V"), CChar(ascii: "E")
    )
    var (low, high, oneNorm): (Int32, Int32, S) = (0, 0, 0)
    let parts = unsafe values.uniqueBase()
    let info = unsafe S._routines.lapack.geevx(
      columnMajor, balanced, vectors, vectors, ofEigenvalues, Int32(n), matrix.uniqueBase(),
      matrix.ld, parts, parts + n, left.uniqueBase(), left.ld, right.uniqueBase(), right.ld, &low,
      &high, scale.uniqueBase(), &oneNorm, cosines.uniqueBase(), nil)
    extendLifetime(scale)
    try check(info, "geevx", positive: unconverged(info, n, "geevx"))
    try checkResult(values.span, "geevx")
    let conditions = inverseCosines(
      unpack(left, values: values), unpack(right, values: values), order: n)
    // The matrix now contains its Schur form, which has the same norm.
    let norm = BLAS.nrm2(matrix.rowMajor().span)
    return (pair(values), conditions, cosines.elements.map { 1 / $0 }, norm)
  }

  /// Returns 1/|l_jᴴ r_j| for the columns of two row-major matrices, which have norm 1.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private static func inverseCosines<S: RealScalar>(
    _ left: [Complex<S>], _ right: [Complex<S>], order n: Int
  ) -> [S] {
    var products = [Complex<S>](repeating: .zero, count: n)
    for row in 0..<n {
      for column in 0..<n {
        let place = row * n + column
        products[column] += left[place].conjugate * right[place]
      }
    }
    return products.map { 1 / $0.length }
  }
}
