extension LAPACK {
  /// Returns the lower triangular L of A = L·Lᵀ, row-major with zeros above its diagonal, for a
  /// symmetric n × n matrix. Only the lower triangle of `a` is read.
  package static func potrf<S: RealScalar>(
    _ a: Span<S>, order n: Int
  ) throws(LAPACKError) -> Buffer<S> {
    try checkFinite(a, rows: n, columns: n, triangleOnly: true)
    // The lower triangle of a row-major matrix is the upper triangle of a column-major one, in
    // input and output.
    var matrix = ColumnMajor(transposeOf: a, rows: n, columns: n)
    let info = unsafe S._routines.lapack.potrf(
      columnMajor, CChar(ascii: "U"), Int32(n), matrix.uniqueBase(), matrix.ld)
    try check(info, "potrf", positive: .notPositiveDefinite(order: Int(info)))
    var lower = matrix.transposedRowMajor()
    clear(.aboveDiagonal, of: lower.mutableSpan, rows: n, columns: n)
    try checkResult(lower.span, "potrf")
    return lower
  }

  /// Returns X of L·Lᵀ·X = B, where `b` and the result are n × `columns`, row-major.
  package static func potrs<S: RealScalar>(
    lower: Span<S>, order n: Int, _ b: Span<S>, columns: Int
  ) throws(LAPACKError) -> Buffer<S> {
    require(lower.count == n * n, "L has \(n)×\(n) entries, but \(lower.count) elements")
    try checkFinite(b, rows: n, columns: columns, name: "right-hand side")
    let factor = ColumnMajor(transposeOf: lower, rows: n, columns: n)
    var solution = ColumnMajor(rowMajor: b, rows: n, columns: columns)
    let info = unsafe S._routines.lapack.potrs(
      columnMajor, CChar(ascii: "U"), Int32(n), Int32(columns), factor.sharedBase, factor.ld,
      solution.uniqueBase(), solution.ld)
    extendLifetime(factor)
    try check(info, "potrs")
    let result = solution.rowMajor()
    try checkResult(result.span, "potrs")
    return result
  }
}
