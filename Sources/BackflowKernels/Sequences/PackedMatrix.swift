/// A matrix laid out once for many products with few rows each: the recurrent weight, by which every
/// time step multiplies, and in a stream the input weight as well.
///
/// OpenBLAS packs its operands anew at each call; for a [batch, hidden] step that is a large part of
/// the work. See `packed_product` in CVectorKernels.
@safe public struct PackedMatrix<S: RealScalar>: Sendable {
  /// The number of rows, by which a row vector from the left is multiplied.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  private let packed: Buffer<S>

  /// Packs op(`matrix`), where `matrix` is stored as `rows` × `columns`, row-major.
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
  /// At every second step the product runs from the last column to the first: it then begins with the
  /// part of the matrix that the step before left in the cache. The bits are the same.
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
