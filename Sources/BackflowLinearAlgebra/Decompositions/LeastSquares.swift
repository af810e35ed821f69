public import BackflowKernels

/// The result of `leastSquares(_:_:rankTolerance:)`.
public struct LeastSquaresSolution<Scalar: RealScalar>: Sendable {
  /// X, of shape [n] or [n, columns] like the right-hand side: for each column, the minimizer of ‖B
  /// − A·X‖ with the smallest norm.
  public let solution: Tensor<Scalar>
  /// The residual B − A·X, in the shape of B.
  public let residual: Tensor<Scalar>
  /// The number of singular values of A that count as nonzero.
  public let rank: Int
  /// The min(m, n) singular values of A, in descending order.
  public let singularValues: [Scalar]
}

/// Returns the least-squares solution of A·X ≈ B for any matrix A, [m, n], where B has shape [m] or
/// [m, columns].
///
/// - Parameters:
///   - a: The matrix A.
///   - b: The right-hand side B.
///   - rankTolerance: Singular values up to this fraction of the largest one count as zero. The
///     default, max(m, n)·ε, is the size of rounding errors.
/// - Precondition: `b` has m rows, and `rankTolerance` is not negative.
/// - Throws: `LAPACKError` if an entry is non-finite or the iteration fails.
/// - Complexity: About 2·m·n² + 2·n³ flops for m ≥ n, and 4·m·n for each column (LAPACK's gelsd).
public func leastSquares<Scalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, rankTolerance: Scalar? = nil
) throws(LAPACKError) -> LeastSquaresSolution<Scalar> {
  let (rows, columns) = a.matrixExtents(for: "a least-squares problem")
  let rightSides = b.rightHandSideColumns(rows: rows, of: a.shape)
  let tolerance = rankTolerance ?? Scalar(max(rows, columns)) * Scalar.ulpOfOne
  require(tolerance >= 0, "the rank tolerance must not be negative, got \(tolerance)")
  let (solution, rank, values) = try LAPACK.gelsd(
    a.span, rows: rows, columns: columns, b.span, columns: rightSides, tolerance: tolerance)
  let unknowns = Tensor(shape: [columns, rightSides], storage: solution)
  return LeastSquaresSolution(
    solution: unknowns.reshaped(to: b.shape.replacing(axis: 0, with: columns)),
    residual: b - matmul(a, unknowns).reshaped(to: b.shape), rank: rank, singularValues: values)
}
