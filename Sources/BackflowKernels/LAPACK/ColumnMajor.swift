/// A column-major matrix for LAPACK, in memory that LAPACK may overwrite.
///
/// It is a copy of the caller's row-major matrix, with the leading dimension that is best for the
/// cache.
package struct ColumnMajor<S: RealScalar>: Sendable {
  package let rows: Int
  package let columns: Int
  /// The distance in elements between neighbors in a row.
  package let leadingDimension: Int
  private var storage: Buffer<S>

  private init(_ storage: Buffer<S>, rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    self.storage = storage
    leadingDimension = Self.leadingDimension(for: rows)
  }

  /// Creates a matrix of undefined elements, for LAPACK to write.
  init(uninitialized rows: Int, _ columns: Int) {
    let storage = Buffer<S>(uninitialized: Self.leadingDimension(for: rows) * columns)
    self.init(storage, rows: rows, columns: columns)
  }

  /// Creates a matrix from the row-major matrix `a`, with zeros below it up to `paddedRows`.
  package init(rowMajor a: Span<S>, rows: Int, columns: Int, paddedRows: Int = 0) {
    let stride = Self.leadingDimension(for: max(rows, paddedRows))
    var storage =
      paddedRows > rows
      ? Buffer(repeating: 0, count: stride * columns)
      : Buffer<S>(uninitialized: stride * columns)
    VectorKernels.transpose(
      a, rows: rows, columns: columns, xStride: columns, yStride: stride,
      into: storage.mutableSpan)
    self.init(storage, rows: max(rows, paddedRows), columns: columns)
  }

  /// Creates the transpose of the row-major matrix `a`, which has the same elements in the same
  /// order.
  package init(transposeOf a: Span<S>, rows: Int, columns: Int) {
    let stride = Self.leadingDimension(for: columns)
    var storage = Buffer<S>(uninitialized: stride * rows)
    Blocks.copy(
      count: rows, length: columns, from: a, at: 0, stride: columns,
      into: storage.mutableSpan, at: 0, stride: stride)
    self.init(storage, rows: columns, columns: rows)
  }

  /// Returns the leading `rows` × `columns` part, or by default the complete matrix, in row-major
  /// order.
  package func rowMajor(rows: Int? = nil, columns: Int? = nil) -> Buffer<S> {
    let (rows, columns) = (rows ?? self.rows, columns ?? self.columns)
    var result = Buffer<S>(uninitialized: rows * columns)
    VectorKernels.transpose(
      storage.span, rows: columns, columns: rows, xStride: leadingDimension, yStride: columns,
      into: result.mutableSpan)
    return result
  }

  /// Returns the transpose in row-major order, which has the same elements in the same order.
  package func transposedRowMajor() -> Buffer<S> {
    var result = Buffer<S>(uninitialized: rows * columns)
    Blocks.copy(
      count: columns, length: rows, from: storage.span, at: 0, stride: leadingDimension,
      into: result.mutableSpan, at: 0, stride: rows)
    return result
  }

  package subscript(row: Int, column: Int) -> S {
    @inline(__always) get { storage.span[column * leadingDimension + row] }
    set {
      let place = column * leadingDimension + row
      var elements = storage.mutableSpan
      elements[place] = newValue
    }
  }

  /// Multiplies all elements by `factor`.
  package mutating func scale(by factor: S) {
    // The padding may hold anything, but its elements do not reach others.
    var elements = storage.mutableSpan
    VectorKernels.scale(factor, &elements)
  }

  /// Writes zeros below the first subdiagonal, where LAPACK stores other data.
  @specialized(where S == Float)
  @specialized(where S == Double)
  package mutating func clearBelowSubdiagonal() {
    let (rows, columns, stride) = (rows, columns, leadingDimension)
    var elements = storage.mutableSpan
    for column in 0..<columns {
      let start = column * stride
      for place in start + min(column + 2, rows)..<start + rows { elements[place] = 0 }
    }
  }

  /// The start of the elements, which are copied first if another value shares them, for one call
  /// of C.
  @unsafe mutating func uniqueBase() -> UnsafeMutablePointer<S> { unsafe storage.uniqueBase() }

  /// The start of the elements, for one call of C that reads them.
  @unsafe var sharedBase: UnsafePointer<S> { unsafe UnsafePointer(storage.sharedBase) }

  /// The leading dimension as LAPACK counts it.
  var ld: Int32 { Int32(leadingDimension) }
}

extension ColumnMajor {
  /// The distance in elements between the columns of a matrix with `rows` rows.
  ///
  /// The elements of a row are one such distance apart. A power of two, which common hidden sizes
  /// give, maps them to a few sets of the cache, where they evict each other; an odd number of
  /// cache lines distributes them over all sets. `dgeev` takes 286 ms at 512 × 512 with a distance
  /// of 512, and 164 ms with 520. Below a kilobyte there is no gain.
  package static func leadingDimension(for rows: Int) -> Int {
    let elementsPerLine = StoragePool.alignment / MemoryLayout<S>.stride
    if rows < 16 * elementsPerLine { return max(rows, 1) }
    let lines = (rows + elementsPerLine - 1) / elementsPerLine
    return (lines | 1) * elementsPerLine
  }
}
