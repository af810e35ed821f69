extension LAPACK {
  /// The factors P·A = L·U of a square matrix, in LAPACK's packed form.
  package struct LUFactors<S: RealScalar>: Sendable {
    package let order: Int
    /// U on and above the diagonal, and L below it. The unit diagonal of L is not stored.
    let packed: ColumnMajor<S>
    /// The row with which row i was exchanged, in order of i, counted from 1 as in LAPACK.
    let exchanges: Buffer<Int32>
    /// The first i with uᵢᵢ = 0.
    package let singularPivot: Int?
    /// The norm ‖A‖₁.
    package let norm: S
  }

  /// Returns the factors of `a`, n × n. A singular matrix also has factors; see `singularPivot`.
  package static func getrf<S: RealScalar>(
    _ a: Span<S>, order n: Int
  ) throws(LAPACKError) -> LUFactors<S> {
    try checkFinite(a, rows: n, columns: n)
    var matrix = ColumnMajor(rowMajor: a, rows: n, columns: n)
    let norm = unsafe S._routines.lapack.lange(
      columnMajor, CChar(ascii: "1"), Int32(n), Int32(n), matrix.sharedBase, matrix.ld)
    guard norm.isFinite else { throw .overflow(routine: "lange") }
    var exchanges = Buffer<Int32>(uninitialized: n)
    let info = unsafe S._routines.lapack.getrf(
      columnMajor, Int32(n), Int32(n), matrix.uniqueBase(), matrix.ld, exchanges.uniqueBase())
    // A positive value is not a failure: it is the index of a zero pivot, counted from 1.
    try check(min(info, 0), "getrf")
    try checkResult(matrix.transposedRowMajor().span, "getrf")
    return LUFactors(
      order: n, packed: matrix, exchanges: exchanges,
      singularPivot: info > 0 ? Int(info) - 1 : nil, norm: norm)
  }

  /// Returns X of A·X = B, where `b` and the result are n × `columns`, row-major.
  package static func getrs<S: RealScalar>(
    _ factors: LUFactors<S>, _ b: Span<S>, columns: Int
  ) throws(LAPACKError) -> Buffer<S> {
    let n = factors.order
    try checkFinite(b, rows: n, columns: columns, name: "right-hand side")
    if let pivot = factors.singularPivot { throw .singular(pivot: pivot) }
    var solution = ColumnMajor(rowMajor: b, rows: n, columns: columns)
    let info = unsafe S._routines.lapack.getrs(
      columnMajor, CChar(ascii: "N"), Int32(n), Int32(columns), factors.packed.sharedBase,
      factors.packed.ld, factors.exchanges.sharedBase, solution.uniqueBase(), solution.ld)
    extendLifetime(factors)
    try check(info, "getrs")
    let result = solution.rowMajor()
    try checkResult(result.span, "getrs")
    return result
  }

  /// Returns an estimate of 1 / (‖A‖₁·‖A⁻¹‖₁): 0 if A is singular, 1 if it is empty.
  package static func gecon<S: RealScalar>(_ factors: LUFactors<S>) -> S {
    if factors.order == 0 { return 1 }
    var reciprocal: S = 0
    let info = unsafe S._routines.lapack.gecon(
      columnMajor, CChar(ascii: "1"), Int32(factors.order), factors.packed.sharedBase,
      factors.packed.ld, factors.norm, &reciprocal)
    extendLifetime(factors)
    // Since the factors and the norm are finite, the only possible error is a wrong size of the
    // workspace.
    require(info == 0, "gecon returned \(info)")
    return reciprocal
  }
}

extension LAPACK.LUFactors {
  /// L and U in one row-major matrix.
  package var rowMajor: Buffer<S> { packed.rowMajor() }

  /// The diagonal of U.
  package var diagonal: [S] { (0..<order).map { packed[$0, $0] } }

  /// The permutation: row i of L·U is row `permutation[i]` of A.
  package var permutation: [Int] {
    var rows = Array(0..<order)
    for row in 0..<order { rows.swapAt(row, Int(exchanges.span[row]) - 1) }
    return rows
  }

  /// Whether the permutation is odd, which changes the sign of the determinant.
  package var isOddPermutation: Bool {
    (0..<order).count { Int(exchanges.span[$0]) - 1 != $0 } % 2 == 1
  }
}
