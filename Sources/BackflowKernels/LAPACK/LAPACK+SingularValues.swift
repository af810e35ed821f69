extension LAPACK {
  /// Returns the min(m, n) singular values of `a`, m × n, in descending order.
  package static func gesdd<S: RealScalar>(
    valuesOf a: Span<S>, rows m: Int, columns n: Int
  ) throws(LAPACKError) -> [S] {
    try checkFinite(a, rows: m, columns: n)
    // A matrix and its transpose have the same singular values, so that the elements need no
    // reordering.
    var matrix = ColumnMajor(transposeOf: a, rows: m, columns: n)
    var values = Buffer<S>(uninitialized: min(m, n))
    let info = unsafe S._routines.lapack.gesdd(
      columnMajor, CChar(ascii: "N"), Int32(n), Int32(m), matrix.uniqueBase(), matrix.ld,
      values.uniqueBase(), nil, 1, nil, 1)
    extendLifetime(matrix)
    try check(info, "gesdd", positive: .noConvergence(routine: "gesdd", .singularValues))
    try checkResult(values.span, "gesdd")
    return values.elements
  }

  /// Returns the thin decomposition of `a`, m × n, with k = min(m, n): u is m × k and vt is k × n,
  /// row-major.
  package static func gesdd<S: RealScalar>(
    _ a: Span<S>, rows m: Int, columns n: Int
  ) throws(LAPACKError) -> (u: Buffer<S>, values: [S], vt: Buffer<S>) {
    try checkFinite(a, rows: m, columns: n)
    let k = min(m, n)
    var matrix = ColumnMajor(rowMajor: a, rows: m, columns: n)
    var values = Buffer<S>(uninitialized: k)
    var u = ColumnMajor<S>(uninitialized: m, k)
    var vt = ColumnMajor<S>(uninitialized: k, n)
    let info = unsafe S._routines.lapack.gesdd(
      columnMajor, CChar(ascii: "S"), Int32(m), Int32(n), matrix.uniqueBase(), matrix.ld,
      values.uniqueBase(), u.uniqueBase(), u.ld, vt.uniqueBase(), vt.ld)
    extendLifetime(matrix)
    try check(info, "gesdd", positive: .noConvergence(routine: "gesdd", .singularValues))
    try checkResult(values.span, "gesdd")
    return (u.rowMajor(), values.elements, vt.rowMajor())
  }
}
