/// A view of the rows of a sequence at one step, [rows, columns], for writing. It cannot outlive its sequence.
///
/// The methods are the operations in the equations of recurrent cells. An operand can be the written view
/// itself. The result is undefined if an operand overlaps it partially.
///
/// - Precondition: The operands have the shape of the written view.
/// - Complexity: One call of a vectorized kernel if the rows are contiguous, or one call for each row if the
///   view has only some of the columns.
@safe public struct MutableRowsView<S: RealScalar>: ~Escapable {
  @usableFromInline let start: UnsafeMutablePointer<S>
  /// The number of rows, one for each sample that runs at the step.
  public let rows: Int
  /// The number of columns, one for each feature.
  public let columns: Int
  /// Twice the distance between rows in elements, plus 1 if the step is odd. With this encoding, a view has
  /// four words and is passed in registers.
  @usableFromInline let layout: Int

  @inlinable
  @_lifetime(borrow owner)
  init(
    start: UnsafeMutablePointer<S>, of t: TimeStep, columns: Int,
    owner: borrowing MutableSequenceView<S>
  ) {
    unsafe self.start = start
    (rows, self.columns, layout) = (t.samples.count, columns, 2 * columns + (t.index & 1))
  }

  @inlinable
  @_lifetime(copy owner)
  init(part columns: Range<Int>, of owner: borrowing MutableRowsView) {
    requireColumns(columns, of: owner.columns)
    unsafe start = owner.start + columns.lowerBound
    (rows, self.columns, layout) = (owner.rows, columns.count, owner.layout)
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
  public func tanh() { unsafe map(S._routines.vector.tanh) }

  /// self ← σ(self)
  public func sigmoid() { unsafe map(S._routines.vector.sigmoid) }

  /// self ← max(self, 0)
  public func relu() { unsafe map(S._routines.vector.relu) }

  /// self ← self ⊙ (1 − y²), with the derivative of tanh at its output `y`
  public func multiplyByTanhDerivative(at y: RowsView<S>) {
    unsafe combine(y, reading, S._routines.vector.tanhBackward)
  }

  /// self ← self ⊙ y (1 − y), with the derivative of σ at its output `y`
  public func multiplyBySigmoidDerivative(at y: RowsView<S>) {
    unsafe combine(y, reading, S._routines.vector.sigmoidBackward)
  }

  /// self ← self if y > 0, or else 0, with the derivative of ReLU at its output `y`
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

  /// self ← x + y
  public func assignSum(_ x: RowsView<S>, _ y: RowsView<S>) {
    unsafe combine(x, y, S._routines.vector.add)
  }

  /// self ← x − y
  public func assignDifference(_ x: RowsView<S>, _ y: RowsView<S>) {
    unsafe combine(x, y, S._routines.vector.subtract)
  }

  /// self ← x ⊙ y
  public func assignProduct(_ x: RowsView<S>, _ y: RowsView<S>) {
    unsafe combine(x, y, S._routines.vector.multiply)
  }

  /// self ← self + x
  public func add(_ x: RowsView<S>) { unsafe combine(reading, x, S._routines.vector.add) }

  /// self ← self + x ⊙ y
  public func addProduct(_ x: RowsView<S>, _ y: RowsView<S>) {
    unsafe combine(x, y, S._routines.vector.multiplyAdd)
  }

  /// self ← self ⊙ x
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
  @inlinable var stride: Int { layout >> 1 }
  @inlinable var isContiguous: Bool { stride == columns || rows <= 1 }
  var count: Int { rows * columns }
  var shape: String { "[\(rows), \(columns)]" }

  @inline(__always)
  func requireShape(of other: RowsView<S>) {
    require(
      rows == other.rows && columns == other.columns, "\(shape) against \(other.shape)")
  }

  /// self ← kernel(self)
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func map(_ kernel: (Int, UnsafePointer<S>?, UnsafeMutablePointer<S>?) -> Void) {
    if isContiguous { return unsafe kernel(count, start, start) }
    for row in 0..<rows {
      let start = unsafe start + row * stride
      unsafe kernel(columns, start, start)
    }
  }

  /// self ← kernel(x, y)
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func combine(
    _ x: RowsView<S>, _ y: RowsView<S>,
    _ kernel: (Int, UnsafePointer<S>?, UnsafePointer<S>?, UnsafeMutablePointer<S>?) -> Void
  ) {
    requireShape(of: x)
    requireShape(of: y)
    if isContiguous && x.isContiguous && y.isContiguous {
      return unsafe kernel(count, x.start, y.start, start)
    }
    for row in 0..<rows {
      unsafe kernel(
        columns, x.start + row * x.stride, y.start + row * y.stride, start + row * stride)
    }
  }
}
