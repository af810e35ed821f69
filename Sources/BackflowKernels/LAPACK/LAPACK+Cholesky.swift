extension LAPACK {
  /// The lower L of A = L·Lᵀ, row-major with zeros above its diagonal, for the symmetric n × n
  /// matrix whose lower triangle `a` holds. The upper one is not read.
  package static func potrf<S: RealScalar>(
    _ a: Span<S>, order n: Int
  ) throws(LAPACKError) -> Buffer<S> {
    try checkFinite(a, rows: n, columns: n, triangleOnly: true)
    // The lower triangle of rows is the upper one of columns, in and out.
    var matrix = ColumnMajor(transposeOf: a, rows: n, columns: n)
    let info = unsafe S._routines.lapack.potrf(
      columnMajor, CChar(ascii: "U"), Int32(n), matrix.uniqueBase(), matrix.ld)
    try check(info, "potrf", positive: .notPositiveDefinite(order: Int(info)))
    var lower = matrix.transposedRowMajor()
    clear(.aboveDiagonal, of: lower.mutableSpan, rows: n, columns: n)
    try checkResult(lower.span, "potrf")
    return lower
  }

  /// X of L·Lᵀ·X = B, with `b` and the result n × `columns`, row-major.
  package static func potrs<S: RealScalar>(
    lower: Span<S>, order n: Int, _ b: Span<S>, columns: Int
  ) throws(LAPACKError) -> Buffer<S> {
    require(lower.count == n * n, "\(n)×\(n) entries of L, \(lower.count) elements")
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
