/// A matrix in a memory layout for many products with few rows each. It is the recurrent weight, by
/// which every time step multiplies, or the input weight of a stream.
///
/// OpenBLAS packs its operands at each call, which takes a large part of the time of a [batch,
/// hidden] product. See `packed_product` in CVectorKernels.
@safe public struct PackedMatrix<S: RealScalar>: Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  private let packed: Buffer<S>

  /// Packs `matrix`, which has `rows` × `columns` elements in row-major order, or its transpose.
  package init(_ matrix: Span<S>, rows: Int, columns: Int, transposed: Bool = false) {
    require(
      matrix.count == rows * columns, "\(rows) × \(columns) against \(matrix.count) elements")
    let (k, n) = transposed ? (columns, rows) : (rows, columns)
    let (rowStride, columnStride) = transposed ? (1, columns) : (columns, 1)
    var packed = Buffer<S>(uninitialized: S._routines.vector.packedSize(k, n))
    unsafe matrix.withUnsafeBufferPointer { matrix in
      unsafe S._routines.vector.pack(
        k, n, matrix.baseAddress, rowStride, columnStride, packed.uniqueBase())
    }
    (self.rows, self.columns, self.packed) = (k, n, packed)
  }

  /// C ← C + A·self
  ///
  /// At every second step, the product starts with the last columns, because the step before has
  /// left this part of the matrix in the processor's cache. The bits of the result do not depend on
  /// this.
  ///
  /// - Precondition: `a` has shape [m, rows], `c` has shape [m, columns], and they do not overlap.
  public func multiply(_ a: RowsView<S>, addingTo c: MutableRowsView<S>) {
    product(a, c, accumulate: 1)
  }

  /// C ← A·self
  ///
  /// - Precondition: `a` has shape [m, rows], `c` has shape [m, columns], and they do not overlap.
  public func multiply(_ a: RowsView<S>, into c: MutableRowsView<S>) {
    product(a, c, accumulate: 0)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func product(_ a: RowsView<S>, _ c: MutableRowsView<S>, accumulate: Int32) {
    require(
      a.columns == rows && c.columns == columns && c.rows == a.rows,
      "\(a.shape) · [\(rows), \(columns)] into \(c.shape)")
    require(!c.overlaps(a), "the left factor of a product overlaps the result")
    unsafe S._routines.vector.packedProduct(
      a.rows, columns, rows, a.start, a.stride, packed.sharedBase, accumulate,
      a.isOddStep ? 1 : 0, c.start, c.stride)
  }
}
