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
    requireRows(indices, among: columns == 0 ? Int.max : x.count / columns)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe withInt64(indices) { indices in
          unsafe S._routines.vector.feedForward.gatherRows(
            indices.count, columns, indices.baseAddress, x.baseAddress, y.baseAddress)
        }
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
    requireRows(indices, among: y.count / columns)
    let groups = RowGroups(indices, among: y.count / columns)
    unsafe x.withUnsafeBufferPointer { x in
      unsafe y.withUnsafeMutableBufferPointer { y in
        unsafe withInt64(groups.numbers) { numbers in
          guard let numbers = numbers.baseAddress else { return }
          unsafe S._routines.vector.feedForward.scatterAddRows(
            groups.count, columns, numbers, numbers + groups.count,
            numbers + 2 * groups.count + 1, x.baseAddress, y.baseAddress)
        }
      }
    }
  }

  private static func requireRows(_ indices: [Int], among rows: Int) {
    for index in indices {
      require(index >= 0 && index < rows, "index \(index) is outside the \(rows) rows")
    }
  }

  /// The kernels take Int64, as wide as Int on every platform that the package supports.
  private static func withInt64(_ numbers: [Int], _ body: (UnsafeBufferPointer<Int64>) -> Void) {
    unsafe numbers.withUnsafeBufferPointer { numbers in
      unsafe numbers.withMemoryRebound(to: Int64.self) { unsafe body($0) }
    }
  }
}

/// The places of a list of indices, sorted by what they hold (a counting sort, stable).
private struct RowGroups {
  /// The number of distinct indices.
  let count: Int
  /// The distinct indices in ascending order; where each one's places start among the places, and the
  /// end; the places, those of one index together.
  private(set) var numbers: [Int]

  init(_ indices: [Int], among rows: Int) {
    var next = [Int](repeating: 0, count: rows)
    var count = 0
    for index in indices {
      if next[index] == 0 { count += 1 }
      next[index] += 1
    }
    self.count = count
    let places = 2 * count + 1
    numbers = [Int](repeating: 0, count: places + indices.count)
    var (group, start) = (0, 0)
    for row in next.indices where next[row] > 0 {
      (numbers[group], numbers[count + group]) = (row, start)
      (next[row], start) = (start, start + next[row])
      group += 1
    }
    numbers[count + group] = start
    for (place, index) in indices.enumerated() {
      numbers[places + next[index]] = place
      next[index] += 1
    }
  }
}
