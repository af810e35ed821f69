extension LAPACK {
  /// Returns, for each column, the X with the smallest ‖X‖ among the minimizers of ‖B −
  /// A·X‖.
  ///
  /// `a` is m × n, `b` is m × `columns`, and the result is n × `columns`, all row-major. Singular
  /// values up to `tolerance` times the largest count as zero.
  package static func gelsd<S: RealScalar>(
    _ a: Span<S>, rows m: Int, columns n: Int, _ b: Span<S>, columns: Int, tolerance: S
  ) throws(LAPACKError) -> (solution: Buffer<S>, rank: Int, singularValues: [S]) {
    try checkFinite(a, rows: m, columns: n)
    try checkFinite(b, rows: m, columns: columns, name: "right-hand side")
    // LAPACK does not write X in this case, and it is zero.
    if m == 0 || n == 0 { return (Buffer(repeating: 0, count: n * columns), 0, []) }
    // LAPACK rejects this case, but the rank and the singular values exist.
    if columns == 0 {
      let zeros = Buffer<S>(repeating: 0, count: m)
      let found = try gelsd(
        a, rows: m, columns: n, zeros.span, columns: 1, tolerance: tolerance)
      return (Buffer(uninitialized: 0), found.rank, found.singularValues)
    }
    var matrix = ColumnMajor(rowMajor: a, rows: m, columns: n)
    // B and X share memory, which therefore has the larger number of rows.
    var unknowns = ColumnMajor(rowMajor: b, rows: m, columns: columns, paddedRows: n)
    var values = Buffer<S>(uninitialized: min(m, n))
    var rank: Int32 = 0
    let info = unsafe S._routines.lapack.gelsd(
      columnMajor, Int32(m), Int32(n), Int32(columns), matrix.uniqueBase(), matrix.ld,
      unknowns.uniqueBase(), unknowns.ld, values.uniqueBase(), tolerance, &rank)
    extendLifetime(matrix)
    try check(info, "gelsd", positive: .noConvergence(routine: "gelsd", .offDiagonals(Int(info))))
    let solution = unknowns.rowMajor(rows: n)
    try checkResult(values.span, "gelsd")
    try checkResult(solution.span, "gelsd")
    return (solution, Int(rank), values.elements)
  }
}
