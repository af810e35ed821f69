/// A view of the rows of a sequence at one step, [rows, columns], for writing. It cannot outlive
/// its sequence.
///
/// The operations are those of which the equations of a recurrent cell consist.
///
/// - Precondition: Operands have the shape of the rows that are written, and are either exactly
///   these rows or do not overlap them.
/// - Complexity: One call of a vectorized kernel for contiguous rows; one a row for some columns of
///   several rows.
@safe public struct MutableRowsView<S: RealScalar>: ~Escapable {
  @usableFromInline let start: UnsafeMutablePointer<S>
  /// The number of rows, one for each sample that runs at the step.
  public let rows: Int
  /// The number of columns, one for each feature.
  public let columns: Int
  /// Twice the elements from one row to the next, and 1 if the step is odd. One word, so that a
  /// view has four and is passed in registers.
  @usableFromInline let strideAndParity: Int

  @inlinable
  @_lifetime(borrow owner)
  init(
    start: UnsafeMutablePointer<S>, of t: TimeStep, columns: Int,
    owner: borrowing MutableSequenceView<S>
  ) {
    unsafe self.start = start
    (rows, self.columns, strideAndParity) = (t.samples.count, columns, 2 * columns + (t.index & 1))
  }

  /// Rows that follow each other. The caller limits the lifetime to that of their memory.
  @_lifetime(immortal)
  init(start: UnsafeMutablePointer<S>, rows: Int, columns: Int) {
    unsafe self.start = start
    (self.rows, self.columns, strideAndParity) = (rows, columns, 2 * columns)
  }

  @inlinable
  @_lifetime(copy owner)
  init(part columns: Range<Int>, of owner: borrowing MutableRowsView) {
    requireColumns(columns, of: owner.columns)
    unsafe start = owner.start + columns.lowerBound
    (rows, self.columns, strideAndParity) = (owner.rows, columns.count, owner.strideAndParity)
  }

  /// Returns some of the columns, such as those of one gate.
  ///
  /// - Precondition: `range` lies within the columns.
  @inlinable
  @_lifetime(copy self)
  public func columns(_ range: Range<Int>) -> MutableRowsView {
    MutableRowsView(part: range, of: self)
  }

  /// A view of the same rows for reading.
  @inlinable public var reading: RowsView<S> {
    @_lifetime(copy self)
    get { RowsView(reading: self) }
  }
}

// MARK: - Nonlinearities and their derivatives

extension MutableRowsView {
  /// self ← tanh self
  @specialized(where S == Float) @specialized(where S == Double)
  public func tanh() { unsafe map(S._routines.vector.tanh) }

  /// self ← σ(self)
  @specialized(where S == Float) @specialized(where S == Double)
  public func sigmoid() { unsafe map(S._routines.vector.sigmoid) }

  /// self ← max(self, 0)
  @specialized(where S == Float) @specialized(where S == Double)
  public func relu() { unsafe map(S._routines.vector.relu) }

  /// self ← self ⊙ (1 − y²), with the derivative of tanh at its output `y`
  @specialized(where S == Float) @specialized(where S == Double)
  public func multiplyByTanhDerivative(at y: RowsView<S>) {
    unsafe combine(y, reading, S._routines.vector.tanhBackward)
  }

  /// self ← self ⊙ y (1 − y), with the derivative of σ at its output `y`
  @specialized(where S == Float) @specialized(where S == Double)
  public func multiplyBySigmoidDerivative(at y: RowsView<S>) {
    unsafe combine(y, reading, S._routines.vector.sigmoidBackward)
  }

  /// self ← self where y > 0, NaN where y is NaN, otherwise 0: the derivative of ReLU at its output
  /// `y`
  @specialized(where S == Float) @specialized(where S == Double)
  public func multiplyByReLUDerivative(at y: RowsView<S>) {
    unsafe combine(y, reading, S._routines.vector.reluBackward)
  }
}

// MARK: - Arithmetic

extension MutableRowsView {
  /// self ← x
  @specialized(where S == Float)
  @specialized(where S == Double)
  public func assign(_ x: RowsView<S>) {
    requireShape(of: x)
    for row in 0..<rows {
      unsafe (start + row * stride).update(from: x.start + row * x.stride, count: columns)
    }
  }

  /// self ← kernel(self), for contiguous rows and a kernel that may work in place.
  @inlinable @inline(__always)
  package func apply(_ kernel: (Span<S>, consuming MutableSpan<S>) -> Void) {
    require(isContiguous, "the rows must be contiguous")
    kernel(
      unsafe Span(_unsafeStart: UnsafePointer(start), count: count),
      unsafe MutableSpan(_unsafeStart: start, count: count))
  }

  /// self ← kernel(x), for contiguous rows. The kernel gets the elements of `x` and of these rows.
  package func assign(
    _ x: RowsView<S>, by kernel: (Span<S>, consuming MutableSpan<S>) -> Void
  ) {
    requireShape(of: x)
    require(isContiguous && x.isContiguous && !overlaps(x), "the rows must be contiguous and apart")
    kernel(
      unsafe Span(_unsafeStart: x.start, count: x.count),
      unsafe MutableSpan(_unsafeStart: start, count: count))
  }

  /// Makes every row a copy of `row`, which has one element for each column.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func assignRow(_ row: Span<S>) {
    require(row.count == columns, "a row of \(row.count) elements against \(columns) columns")
    guard let first = unsafe row.base else { return }
    for index in 0..<rows { unsafe (start + index * stride).update(from: first, count: columns) }
    extendLifetime(row)
  }

  /// self ← x + y
  @specialized(where S == Float) @specialized(where S == Double)
  public func assignSum(_ x: RowsView<S>, _ y: RowsView<S>) {
    unsafe combine(x, y, S._routines.vector.add)
  }

  /// self ← x − y
  @specialized(where S == Float) @specialized(where S == Double)
  public func assignDifference(_ x: RowsView<S>, _ y: RowsView<S>) {
    unsafe combine(x, y, S._routines.vector.subtract)
  }

  /// self ← x ⊙ y
  @specialized(where S == Float) @specialized(where S == Double)
  public func assignProduct(_ x: RowsView<S>, _ y: RowsView<S>) {
    unsafe combine(x, y, S._routines.vector.multiply)
  }

  /// self ← self + x
  @specialized(where S == Float) @specialized(where S == Double)
  public func add(_ x: RowsView<S>) { unsafe combine(reading, x, S._routines.vector.add) }

  /// self ← self + x ⊙ y
  @specialized(where S == Float) @specialized(where S == Double)
  public func addProduct(_ x: RowsView<S>, _ y: RowsView<S>) {
    unsafe combine(x, y, S._routines.vector.multiplyAdd)
  }

  /// self ← s x
  @specialized(where S == Float) @specialized(where S == Double)
  public func assignProduct(_ s: S, _ x: RowsView<S>) {
    unsafe combine(x, x) { unsafe S._routines.vector.scale($0, s, $1, $3) }
  }

  /// self ← self + s x
  @specialized(where S == Float) @specialized(where S == Double)
  public func addProduct(_ s: S, _ x: RowsView<S>) {
    unsafe combine(x, x) { unsafe S._routines.blas.axpy(BLAS.blasCount($0), s, $1, 1, $3, 1) }
  }

  /// self ← self ⊙ x
  @specialized(where S == Float) @specialized(where S == Double)
  public func multiply(by x: RowsView<S>) {
    unsafe combine(reading, x, S._routines.vector.multiply)
  }

  /// Adds `row`, which has one element for each column, to every row.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package func addRow(_ row: Span<S>) {
    require(row.count == columns, "a row of \(row.count) elements against \(columns) columns")
    unsafe row.withUnsafeBufferPointer { row in
      if isContiguous {
        unsafe S._routines.vector.addRow(rows, columns, row.baseAddress, start)
      } else {
        for index in 0..<rows {
          unsafe S._routines.vector.addRow(1, columns, row.baseAddress, start + index * stride)
        }
      }
    }
  }
}

// MARK: - Calls of the kernels

extension MutableRowsView {
  @inlinable var stride: Int { strideAndParity >> 1 }
  @inlinable var isContiguous: Bool { stride == columns || rows <= 1 }
  @inlinable var count: Int { rows * columns }
  var shape: String { "[\(rows), \(columns)]" }

  @inline(__always)
  func requireShape(of other: RowsView<S>) {
    require(
      rows == other.rows && columns == other.columns, "\(shape) against \(other.shape)")
  }

  /// Requires that `x` is exactly these rows or has no element in common with them.
  @inline(__always)
  private func requireNoPartialOverlap(with x: RowsView<S>) {
    if unsafe UnsafePointer(start) == x.start { return }
    require(!overlaps(x), "an operand overlaps the result in part")
  }

  /// Whether any element is in both.
  @inline(__always)
  func overlaps(_ x: RowsView<S>) -> Bool {
    guard rows > 0, columns > 0, x.rows > 0, x.columns > 0 else { return false }
    let distance = unsafe UnsafePointer(start) - x.start
    if distance >= (x.rows - 1) * x.stride + x.columns { return false }
    if -distance >= (rows - 1) * stride + columns { return false }
    // The rows are intertwined. Columns of the same rows may still be disjoint.
    if stride != x.stride { return true }
    let offset = (distance % stride + stride) % stride
    return offset < x.columns || stride - offset < columns
  }

  /// self ← kernel(self)
  @inline(__always)
  private func map(_ kernel: (Int, UnsafePointer<S>?, UnsafeMutablePointer<S>?) -> Void) {
    if isContiguous { return unsafe kernel(count, start, start) }
    for row in 0..<rows {
      let start = unsafe start + row * stride
      unsafe kernel(columns, start, start)
    }
  }

  /// self ← kernel(x, y)
  @inline(__always)
  private func combine(
    _ x: RowsView<S>, _ y: RowsView<S>,
    _ kernel: (Int, UnsafePointer<S>?, UnsafePointer<S>?, UnsafeMutablePointer<S>?) -> Void
  ) {
    requireShape(of: x)
    requireShape(of: y)
    requireNoPartialOverlap(with: x)
    requireNoPartialOverlap(with: y)
    if isContiguous && x.isContiguous && y.isContiguous {
      return unsafe kernel(count, x.start, y.start, start)
    }
    for row in 0..<rows {
      unsafe kernel(
        columns, x.start + row * x.stride, y.start + row * y.stride, start + row * stride)
    }
  }
}
