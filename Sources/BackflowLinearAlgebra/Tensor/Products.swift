public import BackflowKernels

/// A matrix operand of a product, without a copy: a tensor, a range of its rows, or a transpose.
///
/// A tensor of higher rank is treated as the matrix of its rows: [time, batch, features] as
/// [time × batch, features].
public struct MatrixOperand<Scalar: RealScalar>: Sendable {
  @usableFromInline let storage: Buffer<Scalar>
  /// The rows of the operand in the matrix that `storage` is, which has `storedColumns` columns.
  @usableFromInline let storedRows: Range<Int>
  @usableFromInline let storedColumns: Int
  @usableFromInline let isTransposed: Bool

  @inlinable
  init(_ storage: Buffer<Scalar>, rows: Range<Int>, columns: Int, isTransposed: Bool = false) {
    (self.storage, storedRows, storedColumns) = (storage, rows, columns)
    self.isTransposed = isTransposed
  }

  var rows: Int { isTransposed ? storedColumns : storedRows.count }
  package var columns: Int { isTransposed ? storedRows.count : storedColumns }

  var span: Span<Scalar> {
    @_lifetime(borrow self)
    get {
      storage.span.extracting(
        storedRows.lowerBound * storedColumns..<storedRows.upperBound * storedColumns)
    }
  }

  /// The transpose of this operand.
  ///
  /// - Complexity: O(1)
  @inlinable
  public var transposed: MatrixOperand {
    MatrixOperand(
      storage, rows: storedRows, columns: storedColumns, isTransposed: !isTransposed)
  }
}

extension MatrixOperand: CustomStringConvertible {
  /// The shape of the operand, after any transposition.
  public var description: String { "[\(rows), \(columns)]" }
}

extension Tensor {
  /// The transpose as an operand of a product: `matmul(x, weight.transposed)`.
  ///
  /// - Complexity: O(1); nothing is copied.
  @inlinable
  public var transposed: MatrixOperand<Scalar> { operand.transposed }

  /// Returns a range of the outermost axis as an operand of a product, such as some time steps of a
  /// sequence [time, batch, features].
  ///
  /// - Complexity: O(1); nothing is copied.
  package func operand(_ range: Range<Int>) -> MatrixOperand<Scalar> {
    require(
      range.lowerBound >= 0 && range.upperBound <= shape[0],
      "the range \(range) is outside axis 0 of shape \(shape)")
    let rowsEach = shape.product(1..<Swift.max(1, rank - 1))
    return MatrixOperand(
      storage, rows: range.lowerBound * rowsEach..<range.upperBound * rowsEach,
      columns: shape[rank - 1])
  }

  /// Returns the transpose of a matrix as a new tensor.
  ///
  /// - Precondition: The tensor has rank 2.
  /// - Complexity: O(count)
  public func transpose() -> Tensor {
    require(rank == 2, "only a matrix has a transpose, not shape \(shape)")
    var result = Tensor(uninitialized: [shape[1], shape[0]])
    VectorKernels.transpose(span, rows: shape[0], columns: shape[1], into: result.mutableSpan)
    return result
  }

  @inlinable var operand: MatrixOperand<Scalar> {
    if rank == 0 { refuseScalar() }
    return MatrixOperand(storage, rows: 0..<shape.rowCount, columns: shape[rank - 1])
  }
}

// MARK: - Matrix times matrix (gemm, 2·m·n·k flops)

/// Returns the product A·B. Leading axes of A are preserved: [time, batch, k] · [k, n] has shape
/// [time, batch, n].
///
/// - Precondition: The inner extents are equal.
@inlinable
public func matmul<S>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { matmul(a, b.operand) }

/// Returns the product A·op(B).
@specialized(where S == Float)
@specialized(where S == Double)
public func matmul<S>(_ a: Tensor<S>, _ b: MatrixOperand<S>) -> Tensor<S> {
  let rows = a.operand
  var result = Tensor<S>(uninitialized: a.shape.replacing(axis: a.rank - 1, with: b.columns))
  gemm(rows, b, beta: 0, into: &result)
  return result
}

/// Returns the product op(A)·B.
@inlinable
public func matmul<S>(_ a: MatrixOperand<S>, _ b: Tensor<S>) -> Tensor<S> { matmul(a, b.operand) }

/// Returns the product op(A)·op(B).
@specialized(where S == Float)
@specialized(where S == Double)
public func matmul<S>(_ a: MatrixOperand<S>, _ b: MatrixOperand<S>) -> Tensor<S> {
  var result = Tensor<S>(uninitialized: Shape(rows: a.rows, columns: b.columns))
  gemm(a, b, beta: 0, into: &result)
  return result
}

/// Writes a product to a tensor, or adds it: C ← op(A)·op(B), or C ← C + op(A)·op(B).
package func matmul<S>(
  _ a: MatrixOperand<S>, _ b: MatrixOperand<S>, into c: inout Tensor<S>, adding: Bool
) {
  gemm(a, b, beta: adding ? 1 : 0, into: &c)
}

/// Adds a product to a tensor: C ← C + op(A)·B.
public func matmul<S>(_ a: MatrixOperand<S>, _ b: Tensor<S>, addedTo c: inout Tensor<S>) {
  gemm(a, b.operand, beta: 1, into: &c)
}

/// Adds a product to a tensor: C ← C + A·op(B).
public func matmul<S>(_ a: Tensor<S>, _ b: MatrixOperand<S>, addedTo c: inout Tensor<S>) {
  gemm(a.operand, b, beta: 1, into: &c)
}

/// Adds a product to a tensor: C ← C + A·B.
public func matmul<S>(_ a: Tensor<S>, _ b: Tensor<S>, addedTo c: inout Tensor<S>) {
  gemm(a.operand, b.operand, beta: 1, into: &c)
}

@specialized(where S == Float)
@specialized(where S == Double)
private func gemm<S>(
  _ a: MatrixOperand<S>, _ b: MatrixOperand<S>, beta: S, into c: inout Tensor<S>
) {
  require(
    a.columns == b.rows, "matmul: shapes \(a) and \(b) do not match")
  let (m, n) = (a.rows, b.columns)
  require(
    c.count == m * n && (n == 0 || c.shape[c.rank - 1] == n),
    "matmul: the product has shape [\(m), \(n)], but the result has shape \(c.shape)")
  BLAS.gemm(
    m: m, n: n, k: a.columns, alpha: 1, a.span, transposed: a.isTransposed,
    b.span, transposed: b.isTransposed, beta: beta, into: c.mutableSpan)
}

// MARK: - With vectors

/// Returns op(A)·x for a matrix and a vector (gemv, 2·m·n flops).
public func matvec<S>(_ a: MatrixOperand<S>, _ x: Tensor<S>) -> Tensor<S> {
  require(
    x.rank == 1 && a.columns == x.count,
    "matvec: shapes \(a) and \(x.shape) do not match")
  var result = Tensor<S>(uninitialized: [a.rows])
  BLAS.gemv(
    a.span, rows: a.storedRows.count, columns: a.storedColumns, transposed: a.isTransposed,
    x.span, into: result.mutableSpan)
  return result
}

/// Returns A·x for a matrix and a vector (gemv, 2·m·n flops).
public func matvec<S>(_ a: Tensor<S>, _ x: Tensor<S>) -> Tensor<S> { matvec(a.operand, x) }

/// Returns xᵀy, accumulated in double precision.
///
/// - Precondition: The shapes are equal.
public func dot<S>(_ x: Tensor<S>, _ y: Tensor<S>) -> S {
  require(x.shape == y.shape, "dot: shapes \(x.shape) and \(y.shape) differ")
  return S(VectorKernels.dot(x.span, y.span))
}

/// Returns the outer product x·yᵀ of two vectors, [x.count, y.count] (ger).
public func outer<S>(_ x: Tensor<S>, _ y: Tensor<S>) -> Tensor<S> {
  require(
    x.rank == 1 && y.rank == 1,
    "outer: the operands must be vectors, got shapes \(x.shape) and \(y.shape)")
  var result = Tensor<S>.zeros([x.count, y.count])
  BLAS.ger(1, x.span, y.span, into: result.mutableSpan)
  return result
}
