/// Rows of a sequence at one step, [rows, columns], for reading. It cannot outlive its sequence.
@safe public struct RowsView<S: RealScalar>: ~Escapable {
  @usableFromInline let start: UnsafePointer<S>
  /// The number of rows: the samples that run.
  public let rows: Int
  /// The number of columns: the features.
  public let columns: Int
  /// The elements from one row to the next.
  @usableFromInline let stride: Int
  /// Whether the step is the second, the fourth, and so on; see `PackedMatrix.multiply`.
  @usableFromInline let isOddStep: Bool

  @inlinable
  @_lifetime(borrow owner)
  init<Owner>(start: UnsafePointer<S>, of t: TimeStep, columns: Int, owner: borrowing Owner) {
    unsafe self.start = start
    (rows, self.columns, stride, isOddStep) = (t.samples.count, columns, columns, t.index & 1 == 1)
  }

  @inlinable
  @_lifetime(copy owner)
  init(part columns: Range<Int>, of owner: borrowing RowsView) {
    requireColumns(columns, of: owner.columns)
    unsafe start = owner.start + columns.lowerBound
    (rows, self.columns, stride) = (owner.rows, columns.count, owner.stride)
    isOddStep = owner.isOddStep
  }

  @inlinable
  @_lifetime(copy rows)
  init(reading rows: borrowing MutableRowsView<S>) {
    unsafe start = UnsafePointer(rows.start)
    (self.rows, columns, stride) = (rows.rows, rows.columns, rows.stride)
    isOddStep = rows.isOddStep
  }

  /// Some of the columns: one gate of several that stand side by side.
  ///
  /// - Precondition: `range` lies within the columns.
  @inlinable
  @_lifetime(copy self)
  public func columns(_ range: Range<Int>) -> RowsView { RowsView(part: range, of: self) }

  /// Whether the rows follow each other without a gap.
  @inlinable var isContiguous: Bool { stride == columns || rows <= 1 }
  var count: Int { rows * columns }
  var shape: String { "[\(rows), \(columns)]" }
}

@inlinable @inline(__always)
func requireColumns(_ range: Range<Int>, of columns: Int) {
  require(
    range.lowerBound >= 0 && range.upperBound <= columns,
    "the columns \(range) are outside the \(columns) there are")
}
