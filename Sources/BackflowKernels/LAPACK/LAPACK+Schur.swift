package import ComplexModule

extension LAPACK {
  /// Returns the real Schur form of `a`, n × n: A = Z·T·Zᵀ, with row-major t and z.
  package static func gees<S: RealScalar>(
    _ a: Span<S>, order n: Int
  ) throws(LAPACKError) -> (t: Buffer<S>, z: Buffer<S>, values: [Complex<S>]) {
    try checkFinite(a, rows: n, columns: n)
    var matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    var vectors = ColumnMajor<S>(uninitialized: n, n)
    var values = Buffer<S>(uninitialized: 2 * n)
    var selected: Int32 = 0
    let parts = unsafe values.uniqueBase()
    let info = unsafe S._routines.lapack.gees(
      columnMajor, CChar(ascii: "V"), Int32(n), matrix.uniqueBase(), matrix.ld, &selected, parts,
      parts + n, vectors.uniqueBase(), vectors.ld)
    try check(info, "gees", positive: unconverged(info, n, "gees"))
    try checkResult(values.span, "gees")
    let t = matrix.rowMajor()
    try checkResult(t.span, "gees")
    return (t, vectors.rowMajor(), pair(values))
  }
}
