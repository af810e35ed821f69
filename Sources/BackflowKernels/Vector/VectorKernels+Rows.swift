extension VectorKernels {
  /// y[g, c] = Σ_r x[g, r, c], for each of the `groups`.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func sumRows<S: RealScalar>(
    _ x: Span<S>, groups: Int = 1, rows: Int, into y: consuming MutableSpan<S>
  ) {
    requireShape("sumRows: x", x.count, rows, y.count)
    let columns = groups == 0 ? 0 : y.count / groups
    guard let to = unsafe y.base else { return }
    for group in 0..<groups {
      unsafe S._routines.vector.sumRows(
        rows, columns, x.base.map { unsafe $0 + group * rows * columns }, to + group * columns)
    }
    extendLifetime(x)
    extendLifetime(y)
  }

  /// The number of elements of each column that are below its `lower` and above its `upper`; NaN is
  /// neither. The rows are divided among threads.
  package static func countBeyond<S: RealScalar>(
    _ x: Span<S>, lower: [S], upper: [S]
  ) -> (below: [Int], above: [Int]) {
    let columns = lower.count
    let rows = columns == 0 ? 0 : x.count / columns
    requireShape("countBeyond: x", x.count, rows, columns)
    let zeros = [Int64](repeating: 0, count: columns)
    let parts = Threads.map(rows, grain: elementsPerThread / max(columns, 1)) { rows in
      var (below, above) = (zeros, zeros)
      countBeyond(
        x.extracting(rows.lowerBound * columns..<rows.upperBound * columns),
        lower: lower.span, upper: upper.span, below: below.mutableSpan, above: above.mutableSpan)
      return (below: below, above: above)
    }
    func total(_ counts: [[Int64]]) -> [Int] {
      (0..<columns).map { column in counts.reduce(0) { $0 + Int($1[column]) } }
    }
    return (total(parts.map(\.below)), total(parts.map(\.above)))
  }

  /// The first column of each row's maximum, where NaN counts as the maximum.
  package static func rowArgmax<S: RealScalar>(_ x: Span<S>, rows: Int, columns: Int) -> [Int] {
    var columnOfRow = [Int64](repeating: 0, count: rows)
    rowArgmax(x, columns: columns, into: columnOfRow.mutableSpan)
    return columnOfRow.map { Int($0) }
  }

  /// y[c, r] = x[r, c], for contiguous matrices.
  package static func transpose<S: RealScalar>(
    _ x: Span<S>, rows: Int, columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireShape("transpose: x", x.count, rows, columns)
    requireShape("transpose: y", y.count, columns, rows)
    transpose(x, rows: rows, columns: columns, xStride: columns, yStride: rows, into: y)
  }
}
