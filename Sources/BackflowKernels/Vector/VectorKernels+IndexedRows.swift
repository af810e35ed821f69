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
    let checked = rowIndices(indices, among: columns == 0 ? Int.max : x.count / columns)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.feedForward.gatherRows(
          checked.count, columns, checked, x.baseAddress, y.baseAddress)
      }
    }
  }

  /// y[indices[i]] ← y[indices[i]] + Σ x[i], rows of `columns` elements. The rows of one index are added
  /// up in blocks, so that the error does not grow with their number.
  package static func scatterAddRows<S: RealScalar>(
    _ x: Span<S>, _ indices: [Int], columns: Int, into y: consuming MutableSpan<S>
  ) {
    requireCount(indices.count * columns, x.count)
    if columns == 0 { return }
    let groups = RowGroups(rowIndices(indices, among: y.count / columns), among: y.count / columns)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe S._routines.vector.feedForward.scatterAddRows(
          groups.targets.count, columns, groups.targets, groups.starts, groups.sources,
          x.baseAddress, y.baseAddress)
      }
    }
  }

  private static func rowIndices(_ indices: [Int], among rows: Int) -> [Int64] {
    indices.map { index in
      require(index >= 0 && index < rows, "index \(index) is outside the \(rows) rows")
      return Int64(index)
    }
  }
}

/// The places of a list of indices, sorted by what they hold (a counting sort, stable).
private struct RowGroups {
  /// The distinct indices, in ascending order.
  private(set) var targets: [Int64] = []
  /// Where each one's places start in `sources`, and the end.
  private(set) var starts: [Int64] = [0]
  /// The places, those of one index together.
  private(set) var sources: [Int64]

  init(_ indices: [Int64], among rows: Int) {
    var next = [Int64](repeating: 0, count: rows)
    for index in indices { next[Int(index)] += 1 }
    var start: Int64 = 0
    for row in next.indices where next[row] > 0 {
      targets.append(Int64(row))
      start += next[row]
      starts.append(start)
      next[row] = start - next[row]
    }
    sources = [Int64](repeating: 0, count: indices.count)
    for (place, index) in indices.enumerated() {
      sources[Int(next[Int(index)])] = Int64(place)
      next[Int(index)] += 1
    }
  }
}
