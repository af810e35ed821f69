extension LAPACK {
  /// P·A = L·U of a square matrix, in LAPACK's packed form.
  package struct LUFactors<S: RealScalar>: Sendable {
    package let order: Int
    /// U on and above the diagonal, L below it; L's diagonal of ones is not stored.
    let packed: ColumnMajor<S>
    /// The row with which row i was exchanged, in the order of i; counted from 1, as in LAPACK.
    let exchanges: Buffer<Int32>
    /// The first i with uᵢᵢ = 0.
    package let singularPivot: Int?
    /// ‖A‖₁
    package let norm: S
  }

  /// The factors of `a`, n × n. A singular matrix has them too; see `singularPivot`.
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
    // A positive `info` is not a failure: it is the index of a zero pivot, counted from 1.
    try check(min(info, 0), "getrf")
    try checkResult(matrix.transposedRowMajor().span, "getrf")
    return LUFactors(
      order: n, packed: matrix, exchanges: exchanges,
      singularPivot: info > 0 ? Int(info) - 1 : nil, norm: norm)
  }

  /// X of A·X = B, with `b` and the result n × `columns`, row-major.
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

  /// An estimate of 1 / (‖A‖₁·‖A⁻¹‖₁); 0 where A is singular, 1 where it is empty.
  package static func gecon<S: RealScalar>(_ factors: LUFactors<S>) -> S {
    if factors.order == 0 { return 1 }
    var reciprocal: S = 0
    let info = unsafe S._routines.lapack.gecon(
      columnMajor, CChar(ascii: "1"), Int32(factors.order), factors.packed.sharedBase,
      factors.packed.ld, factors.norm, &reciprocal)
    extendLifetime(factors)
    // The factors and the norm are finite: the only remaining failure is a workspace that did not
    // fit.
    require(info == 0, "gecon returned \(info)")
    return reciprocal
  }
}

extension LAPACK.LUFactors {
  /// L and U in one matrix, row-major.
  package var rowMajor: Buffer<S> { packed.rowMajor() }

  /// The diagonal of U.
  package var diagonal: [S] { (0..<order).map { packed[$0, $0] } }

  /// Row i of L·U is row `permutation[i]` of A.
  package var permutation: [Int] {
    var rows = Array(0..<order)
    for row in 0..<order { rows.swapAt(row, Int(exchanges.span[row]) - 1) }
    return rows
  }

  /// Whether an odd number of rows was exchanged, which changes the sign of the determinant.
  package var isOddPermutation: Bool {
    (0..<order).count { Int(exchanges.span[$0]) - 1 != $0 } % 2 == 1
  }
}
