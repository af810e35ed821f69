/// A view of the rows of a sequence at one step, [rows, columns], for reading. It cannot outlive
/// its sequence.
@safe public struct RowsView<S: RealScalar>: ~Escapable {
  @usableFromInline let start: UnsafePointer<S>
  /// The number of rows, one for each sample that runs at the step.
  public let rows: Int
  /// The number of columns, one for each feature.
  public let columns: Int
  /// Twice the elements from one row to the next, and 1 if the step is odd. One word, so that a
  /// view has four and is passed in registers.
  @usableFromInline let strideAndParity: Int

  @inlinable
  @_lifetime(borrow owner)
  init<Owner>(start: UnsafePointer<S>, of t: TimeStep, columns: Int, owner: borrowing Owner) {
    unsafe self.start = start
    (rows, self.columns, strideAndParity) = (t.samples.count, columns, 2 * columns + (t.index & 1))
  }

  @inlinable
  @_lifetime(copy owner)
  init(part columns: Range<Int>, of owner: borrowing RowsView) {
    requireColumns(columns, of: owner.columns)
    unsafe start = owner.start + columns.lowerBound
    (rows, self.columns, strideAndParity) = (owner.rows, columns.count, owner.strideAndParity)
  }

  @inlinable
  @_lifetime(copy rows)
  init(reading rows: borrowing MutableRowsView<S>) {
    unsafe start = UnsafePointer(rows.start)
    (self.rows, columns, strideAndParity) = (rows.rows, rows.columns, rows.strideAndParity)
  }

  /// Returns some of the columns, such as those of one gate.
  ///
  /// - Precondition: `range` lies within the columns.
  @inlinable
  @_lifetime(copy self)
  public func columns(_ range: Range<Int>) -> RowsView { RowsView(part: range, of: self) }

  /// The elements from one row to the next.
  @inlinable var stride: Int { strideAndParity >> 1 }
  /// Whether the step is the second, the fourth, and so on; see `PackedMatrix.multiply`.
  var isOddStep: Bool { strideAndParity & 1 == 1 }
  /// Whether the rows follow each other without a gap.
  @inlinable var isContiguous: Bool { stride == columns || rows <= 1 }
  var count: Int { rows * columns }
  var shape: String { "[\(rows), \(columns)]" }
}

extension Buffer where Element: RealScalar {
  /// Returns some of the elements as rows of `columns` for reading.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  @_lifetime(borrow self)
  package func rows(_ range: Range<Int>, columns: Int) -> RowsView<Element> {
    requireRows(range, columns, count)
    let start = unsafe UnsafePointer(sharedBase) + range.lowerBound * columns
    return unsafe RowsView(start: start, of: TimeStep(0, range), columns: columns, owner: self)
  }

  /// Returns the first `rows`·`columns` elements as rows for writing, after they have been made
  /// unique.
  @specialized(where Element == Float)
  @specialized(where Element == Double)
  @_lifetime(&self)
  package mutating func mutableRows(_ rows: Int, columns: Int) -> MutableRowsView<Element> {
    requireRows(0..<rows, columns, count)
    let view = unsafe MutableRowsView(start: uniqueBase(), rows: rows, columns: columns)
    return unsafe _overrideLifetime(view, mutating: &self)
  }
}

private func requireRows(_ rows: Range<Int>, _ columns: Int, _ count: Int) {
  require(
    rows.lowerBound >= 0 && columns >= 0 && rows.upperBound * columns <= count,
    "\(count) elements have no rows \(rows) of \(columns)")
}

@inlinable @inline(__always)
func requireColumns(_ range: Range<Int>, of columns: Int) {
  require(
    range.lowerBound >= 0 && range.upperBound <= columns,
    "the columns \(range) are outside 0..<\(columns)")
}
