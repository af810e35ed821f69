extension LAPACK {
  /// Decomposes `a`, m × n, into q·r with k = min(m, n): q is m × k with orthonormal columns, and r
  /// is k × n and upper triangular or trapezoidal, both row-major. With `positiveDiagonal`, all rᵢᵢ
  /// are nonnegative.
  package static func geqrf<S: RealScalar>(
    _ a: Span<S>, rows m: Int, columns n: Int, positiveDiagonal: Bool
  ) throws(LAPACKError) -> (q: Buffer<S>, r: Buffer<S>) {
    try checkFinite(a, rows: m, columns: n)
    let k = min(m, n)
    var factors = ColumnMajor(rowMajor: a, rows: m, columns: n)
    var reflectors = Buffer<S>(uninitialized: k)
    let info = unsafe S._routines.lapack.geqrf(
      columnMajor, Int32(m), Int32(n), factors.uniqueBase(), factors.ld, reflectors.uniqueBase())
    try check(info, "geqrf")
    var r = factors.rowMajor(rows: k)
    clear(.belowDiagonal, of: r.mutableSpan, rows: k, columns: n)
    try checkResult(r.span, "geqrf")

    let built = unsafe S._routines.lapack.orgqr(
      columnMajor, Int32(m), Int32(k), Int32(k), factors.uniqueBase(), factors.ld,
      reflectors.sharedBase)
    extendLifetime(reflectors)
    try check(built, "orgqr")
    var q = factors.rowMajor(columns: k)
    if positiveDiagonal {
      makeDiagonalPositive(q: q.mutableSpan, r: r.mutableSpan, rows: m, columns: n)
    }
    return (q, r)
  }

  /// Negates column i of q and row i of r if rᵢᵢ < 0, which preserves their product.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private static func makeDiagonalPositive<S: RealScalar>(
    q: consuming MutableSpan<S>, r: consuming MutableSpan<S>, rows m: Int, columns n: Int
  ) {
    let k = min(m, n)
    for index in 0..<k where r[index * n + index] < 0 {
      for row in 0..<m { q[row * k + index] = -q[row * k + index] }
      for column in index..<n { r[index * n + column] = -r[index * n + column] }
    }
  }
}

extension LAPACK {
  /// A strict triangle of a matrix.
  enum Triangle { case belowDiagonal, aboveDiagonal }

  /// Writes zeros where LAPACK stores other data.
  @specialized(where S == Float)
  @specialized(where S == Double)
  static func clear<S: RealScalar>(
    _ triangle: Triangle, of a: consuming MutableSpan<S>, rows: Int, columns: Int
  ) {
    for row in 0..<rows {
      let range =
        triangle == .belowDiagonal
        ? 0..<min(row, columns) : min(row + 1, columns)..<columns
      for column in range { a[row * columns + column] = 0 }
    }
  }
}
