package import ComplexModule

extension LAPACK {
  /// Returns the eigenvalues of a matrix in Hessenberg form, n × n, which is neither scaled nor
  /// balanced. Elements below the subdiagonal must be zero.
  ///
  /// - Throws: `LAPACKError` if an entry or an eigenvalue is not finite or if `lahqr` fails.
  /// - Complexity: About 7·n³ flops, without the reduction of `geev`.
  package static func hqr<S: RealScalar>(
    valuesOfHessenberg a: Span<S>, order n: Int
  ) throws(LAPACKError) -> [Complex<S>] {
    try checkFinite(a, rows: n, columns: n)
    let matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    var values = Buffer<S>(uninitialized: 2 * n)
    let info = multishiftIteration(matrix, rows: 0..<n, stepLimit: 4 * n, &values)
    try check(info, "lahqr", positive: unconverged(info, n, "lahqr"))
    try checkResult(values.span, "lahqr")
    return pair(values)
  }
}
