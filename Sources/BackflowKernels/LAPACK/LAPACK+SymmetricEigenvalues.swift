extension LAPACK {
  /// Returns the eigenvalues of a symmetric n × n matrix in ascending order. Only the lower
  /// triangle of `a` is read.
  package static func syevd<S: RealScalar>(
    valuesOf a: Span<S>, order n: Int
  ) throws(LAPACKError) -> [S] {
    try syevd(a, order: n, job: "N").values.elements
  }

  /// Returns the eigenvalues and, as the columns of a row-major matrix, orthonormal eigenvectors.
  package static func syevd<S: RealScalar>(
    _ a: Span<S>, order n: Int
  ) throws(LAPACKError) -> (values: [S], vectors: Buffer<S>) {
    let (values, vectors) = try syevd(a, order: n, job: "V")
    return (values.elements, vectors.rowMajor())
  }

  private static func syevd<S: RealScalar>(
    _ a: Span<S>, order n: Int, job: Unicode.Scalar
  ) throws(LAPACKError) -> (values: Buffer<S>, vectors: ColumnMajor<S>) {
    try checkFinite(a, rows: n, columns: n, triangleOnly: true)
    // The lower triangle of a row-major matrix is the upper triangle of a column-major one.
    var matrix = ColumnMajor(transposeOf: a, rows: n, columns: n)
    var values = Buffer<S>(uninitialized: n)
    let info = unsafe S._routines.lapack.syevd(
      columnMajor, CChar(ascii: job), CChar(ascii: "U"), Int32(n), matrix.uniqueBase(), matrix.ld,
      values.uniqueBase())
    try check(info, "syevd", positive: syevdFailure(Int(info), order: n, withVectors: job == "V"))
    try checkResult(values.span, "syevd")
    return (values, matrix)
  }

  /// Returns the failure for a positive `info`: with vectors, it encodes the bounds of a submatrix
  /// as first·(n + 1) + last; without vectors, and for small matrices, it is a count.
  package static func syevdFailure(
    _ info: Int, order n: Int, withVectors: Bool
  ) -> LAPACKError {
    let (first, last) = info.quotientAndRemainder(dividingBy: n + 1)
    if withVectors && first > 0 {
      return .noConvergence(routine: "syevd", .submatrix(first: first - 1, last: last - 1))
    }
    return .noConvergence(routine: "syevd", .offDiagonals(info))
  }
}
