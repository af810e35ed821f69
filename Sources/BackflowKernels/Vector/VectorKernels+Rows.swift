// Matrices are row-major, rows × columns, contiguous; the number of columns tells the rest.
extension VectorKernels {
  /// Every row of y += row
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func addRow<S: RealScalar>(_ row: Span<S>, into y: consuming MutableSpan<S>) {
    unsafe updateRows(row, &y, S._routines.vector.addRow)
  }

  /// Every row of y *= row
  package static func multiplyRow<S: RealScalar>(
    _ row: Span<S>, into y: consuming MutableSpan<S>
  ) { unsafe updateRows(row, &y, S._routines.vector.multiplyRow) }

  /// y[g, c] ← Σᵣ x[g, r, c], or added to y, for each of the `groups`
  @specialized(where S == Float)
  @specialized(where S == Double)
  package static func sumRows<S: RealScalar>(
    _ x: Span<S>, groups: Int = 1, rows: Int, accumulate: Bool = false,
    into y: consuming MutableSpan<S>
  ) {
    requireCount(x.count, rows * y.count)
    if y.isEmpty { return }
    let columns = y.count / groups
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        for group in 0..<groups {
          unsafe S._routines.vector.sumRows(
            rows, columns, accumulate ? 1 : 0,
            x.baseAddress.map { unsafe $0 + group * rows * columns },
            y.baseAddress.map { unsafe $0 + group * columns })
        }
      }
    }
  }

  /// y[r] ← Σ_c x[r, c]
  package static func rowSums<S: RealScalar>(
    _ x: Span<S>, columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(x.count, y.count * columns)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.rowSums(y.count, columns, x.baseAddress, y.baseAddress)
      }
    }
  }

  /// How many elements of each column are below that column's `lower` and above its `upper`; NaN is
  /// neither. The rows are divided among threads.
  package static func countBeyond<S: RealScalar>(
    _ x: Span<S>, lower: [S], upper: [S]
  ) -> (below: [Int], above: [Int]) {
    let columns = lower.count
    requireCount(upper.count, columns)
    let rows = columns == 0 ? 0 : x.count / columns
    requireCount(x.count, rows * columns)
    let zeros = [Int64](repeating: 0, count: columns)
    let parts = unsafe x.withUnsafeBufferPointer { x in
      Threads.map(rows, grain: readsPerThread / max(columns, 1)) { rows in
        var (below, above) = (zeros, zeros)
        unsafe S._routines.vector.countBeyond(
          rows.count, columns, lower, upper,
          x.baseAddress.map { unsafe $0 + rows.lowerBound * columns }, &below, &above)
        return (below: below, above: above)
      }
    }
    func total(_ counts: [[Int64]]) -> [Int] {
      (0..<columns).map { column in counts.reduce(0) { $0 + Int($1[column]) } }
    }
    return (total(parts.map(\.below)), total(parts.map(\.above)))
  }

  /// y[c] ← the largest of y[c] and all x[r, c], NaN if any is
  package static func columnMaxima<S: RealScalar>(
    _ x: Span<S>, into y: consuming MutableSpan<S>
  ) {
    let rows = y.isEmpty ? 0 : x.count / y.count
    requireCount(x.count, rows * y.count)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.columnMaxima(rows, y.count, x.baseAddress, y.baseAddress)
      }
    }
  }

  /// The column of each row's first maximum.
  package static func rowArgmax<S: RealScalar>(_ x: Span<S>, rows: Int, columns: Int) -> [Int] {
    requireCount(x.count, rows * columns)
    var columnOfRow = [Int64](repeating: 0, count: rows)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe columnOfRow.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.rowArgmax(rows, columns, x.baseAddress, y.baseAddress)
      }
    }
    return columnOfRow.map { Int($0) }
  }

  /// Each row of y ← softmax of that row of x
  package static func softmax<S: RealScalar>(
    _ x: Span<S>, rows: Int, columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(rows * columns, x.count)
    unsafe map(x, into: y) { unsafe S._routines.vector.softmax(rows, columns, $1, $2) }
  }

  /// Each row of y ← log softmax of that row of x
  package static func logSoftmax<S: RealScalar>(
    _ x: Span<S>, rows: Int, columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(rows * columns, x.count)
    unsafe map(x, into: y) { unsafe S._routines.vector.logSoftmax(rows, columns, $1, $2) }
  }

  /// y[c, r] ← x[r, c], x being rows × columns
  package static func transpose<S: RealScalar>(
    _ x: Span<S>, rows: Int, columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(rows * columns, x.count)
    unsafe map(x, into: y) {
      unsafe S._routines.vector.transpose(rows, columns, $1, columns, $2, rows)
    }
  }

  private static func updateRows<S: RealScalar>(
    _ row: Span<S>, _ y: inout MutableSpan<S>, _ kernel: VectorRoutines<S>.RowUpdate
  ) {
    if y.isEmpty { return }
    require(
      !row.isEmpty && y.count % row.count == 0,
      "a row of \(row.count) elements against a matrix of \(y.count)")
    unsafe row.withUnsafeBufferPointer { row in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe kernel(y.count / row.count, row.count, row.baseAddress, y.baseAddress)
      }
    }
  }
}
