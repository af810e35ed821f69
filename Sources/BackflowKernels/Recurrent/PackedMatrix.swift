/// A matrix laid out once for many products with few rows each: the recurrent weight, which every
/// time step multiplies by, and in a stream the input's weight as well.
///
/// OpenBLAS packs its operands anew at each call; for a [batch, hidden] step that is a large part of
/// the work. See `packed_product` in CVectorKernels.
@safe package struct PackedMatrix<S: RealScalar>: Sendable {
  package let rows: Int
  package let columns: Int
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
  /// A sequence of products with one row each is faster if every second one goes `backwards`, from
  /// the last column to the first: it then begins with what the one before left in the cache.
  package func multiply(_ a: RowsView<S>, addingTo c: RowsView<S>, backwards: Bool = false) {
    product(a, into: c, accumulate: 1, backwards: backwards)
  }

  /// C ← A·self
  package func multiply(_ a: RowsView<S>, into c: RowsView<S>, backwards: Bool = false) {
    product(a, into: c, accumulate: 0, backwards: backwards)
  }

  @specialized(where S == Float)
  @specialized(where S == Double)
  private func product(
    _ a: RowsView<S>, into c: RowsView<S>, accumulate: Int32, backwards: Bool
  ) {
    let (m, k, n) = (a.rows, a.columns, c.columns)
    require(
      k == rows && n == columns && c.rows == m,
      "[\(m), \(k)] · [\(rows), \(columns)] into [\(c.rows), \(n)]")
    unsafe packed.span.withUnsafeBufferPointer { packed in
      unsafe S._routines.vector.packedProduct(
        m, n, k, a.start, k, packed.baseAddress, accumulate, backwards ? 1 : 0, c.output, n)
    }
  }
}
