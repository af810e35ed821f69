/// A [time, batch, features] buffer that several threads fill at once, each its own samples.
///
/// It keeps the memory alive, so nothing dangles; that no two threads touch the same sample is the
/// caller's part, and `Threads.split` over the batch is how every caller meets it.
@safe package struct SequenceView<S: RealScalar>: @unchecked Sendable {
  package let time: Int
  package let batch: Int
  package let features: Int
  @usableFromInline let isWritable: Bool
  private let buffer: Buffer<S>
  @usableFromInline let base: UnsafeMutablePointer<S>

  /// A view of `buffer`, which becomes the only owner of its memory first.
  package init(_ buffer: inout Buffer<S>, time: Int, batch: Int, features: Int) {
    require(
      buffer.count == time * batch * features,
      "[\(time), \(batch), \(features)] is no view of \(buffer.count) elements")
    unsafe base = buffer.uniqueBase()
    isWritable = true
    self.buffer = buffer
    (self.time, self.batch, self.features) = (time, batch, features)
  }

  /// A view for reading only: other values may share the memory, so writing through it stops.
  package init(reading buffer: Buffer<S>, time: Int, batch: Int, features: Int) {
    require(
      buffer.count == time * batch * features,
      "[\(time), \(batch), \(features)] is no view of \(buffer.count) elements")
    unsafe base = buffer.sharedBase
    isWritable = false
    self.buffer = buffer
    (self.time, self.batch, self.features) = (time, batch, features)
  }

  /// The rows of `samples` at step `t`: a contiguous [samples, features] matrix.
  package subscript(t: Int, samples: Range<Int>) -> RowsView<S> {
    @inlinable
    @_lifetime(borrow self)
    get {
      require(
        t >= 0 && t < time && samples.lowerBound >= 0 && samples.upperBound <= batch,
        "step \(t), samples \(samples) are outside [\(time), \(batch), \(features)]")
      let start = unsafe base + (t * batch + samples.lowerBound) * features
      return unsafe RowsView(
        start: start, rows: samples.count, columns: features, isWritable: isWritable, owner: self)
    }
  }

  /// Takes what the steps of a backward pass hand down to step `t`, and returns the entry where step
  /// `t` finds it and leaves its own.
  ///
  /// A view of one step has only entry 0, which all steps of the pass share. Else each step has its
  /// own: the rows of `samples` are copied from entry t + 1 to entry t.
  @inlinable
  @discardableResult
  package func carryBack(to t: Int, of samples: Range<Int>) -> Int {
    if time == 1 { return 0 }
    self[t, samples].copy(self[t + 1, samples])
    return t
  }
}

/// A contiguous [rows, columns] part of a `SequenceView`, which it cannot outlive.
@safe package struct RowsView<S: RealScalar>: ~Escapable {
  @usableFromInline let start: UnsafeMutablePointer<S>
  @usableFromInline let rows: Int
  @usableFromInline let columns: Int
  @usableFromInline let isWritable: Bool

  @inlinable
  @_lifetime(borrow owner)
  init(
    start: UnsafeMutablePointer<S>, rows: Int, columns: Int, isWritable: Bool,
    owner: borrowing SequenceView<S>
  ) {
    unsafe self.start = start
    self.rows = rows
    self.columns = columns
    self.isWritable = isWritable
  }

  /// The start of the memory, to be written to.
  var output: UnsafeMutablePointer<S> {
    require(isWritable, "rows of a view for reading cannot be written")
    return unsafe start
  }

  var count: Int { rows * columns }

  /// self ← tanh self
  package func tanh() { unsafe S._routines.vector.tanh(count, start, output) }

  /// self ← σ(self)
  package func sigmoid() { unsafe S._routines.vector.sigmoid(count, start, output) }

  /// self ← max(self, 0)
  package func relu() { unsafe S._routines.vector.relu(count, start, output) }

  /// Every row += `row`, which has as many elements as there are columns.
  package func addRow(_ row: Span<S>) {
    require(row.count == columns, "a row of \(row.count) elements against \(columns) columns")
    unsafe row.withUnsafeBufferPointer { row in
      unsafe S._routines.vector.addRow(rows, columns, row.baseAddress, output)
    }
  }

  /// self ← self ⊙ (1 − y²), the local gradient of tanh at its output y
  package func multiplyByTanhDerivative(at y: RowsView) {
    requireSameShape(y)
    unsafe S._routines.vector.tanhBackward(count, y.start, start, output)
  }

  /// self ← self where y > 0, else 0: the local gradient of ReLU at its output y
  package func multiplyByReLUDerivative(at y: RowsView) {
    requireSameShape(y)
    unsafe S._routines.vector.reluBackward(count, y.start, start, output)
  }

  /// self ← self + other
  package func add(_ other: RowsView) {
    requireSameShape(other)
    unsafe S._routines.vector.add(count, start, other.start, output)
  }

  /// self ← self − other
  package func subtract(_ other: RowsView) {
    requireSameShape(other)
    unsafe S._routines.vector.subtract(count, start, other.start, output)
  }

  /// self ← self ⊙ other
  package func multiply(by other: RowsView) {
    requireSameShape(other)
    unsafe S._routines.vector.multiply(count, start, other.start, output)
  }

  /// ‖self‖₂ over all elements, as `VectorKernels.norm`
  package func norm() -> Double {
    unsafe VectorKernels.norm(Span(_unsafeStart: UnsafePointer(start), count: count))
  }

  /// self ← other
  package func copy(_ other: RowsView) {
    requireSameShape(other)
    unsafe output.update(from: other.start, count: count)
  }

  func requireSameShape(_ other: RowsView) {
    let (rows, columns, others) = (rows, columns, (other.rows, other.columns))
    require(
      rows == others.0 && columns == others.1,
      "[\(rows), \(columns)] against [\(others.0), \(others.1)]")
  }
}
