extension VectorKernels {
  /// Each row of dx ← y (dy − Σ y dy), y being a softmax
  package static func softmaxBackward<S: RealScalar>(
    _ y: Span<S>, _ dy: Span<S>, rows: Int, columns: Int, into dx: consuming MutableSpan<S>
  ) {
    requireCount(rows * columns, y.count)
    unsafe combine(y, dy, into: dx) {
      unsafe S._routines.vector.feedForward.softmaxBackward(rows, columns, $1, $2, $3)
    }
  }

  /// Each row of dx ← dy − eʸ Σ dy, y being the logarithm of a softmax
  package static func logSoftmaxBackward<S: RealScalar>(
    _ y: Span<S>, _ dy: Span<S>, rows: Int, columns: Int, into dx: consuming MutableSpan<S>
  ) {
    requireCount(rows * columns, y.count)
    unsafe combine(y, dy, into: dx) {
      unsafe S._routines.vector.feedForward.logSoftmaxBackward(rows, columns, $1, $2, $3)
    }
  }

  /// Row r of each matrix of y ← softmax of the first r + 1 elements of that row of x, then zeros
  package static func causalSoftmax<S: RealScalar>(
    _ x: Span<S>, matrices: Int, rows: Int, columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(matrices * rows * columns, x.count)
    unsafe map(x, into: y) {
      unsafe S._routines.vector.feedForward.causalSoftmax(matrices, rows, columns, $1, $2)
    }
  }

  /// y[i] ← x[indices[i]], rows of `columns` elements
  package static func gatherRows<S: RealScalar>(
    _ x: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(indices.count * columns, y.count)
    unsafe moveRows(
      x, indices, rows: columns == 0 ? Int.max : x.count / columns, columns: columns, into: y,
      S._routines.vector.feedForward.gatherRows)
  }

  /// y[indices[i]] ← y[indices[i]] + x[i], rows of `columns` elements
  package static func scatterAddRows<S: RealScalar>(
    _ x: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(indices.count * columns, x.count)
    unsafe moveRows(
      x, indices, rows: columns == 0 ? Int.max : y.count / columns, columns: columns, into: y,
      S._routines.vector.feedForward.scatterAddRows)
  }

  /// `rows` is the number of those that the indices choose among.
  private static func moveRows<S: RealScalar>(
    _ x: Span<S>, _ indices: [Int], rows: Int, columns: Int, into y: consuming MutableSpan<S>,
    _ kernel: FeedForwardRoutines<S>.IndexedRows
  ) {
    let checked = indices.map { index in
      require(index >= 0 && index < rows, "index \(index) is outside the \(rows) rows")
      return Int64(index)
    }
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe kernel(checked.count, columns, checked, x.baseAddress, y.baseAddress)
      }
    }
  }
}
