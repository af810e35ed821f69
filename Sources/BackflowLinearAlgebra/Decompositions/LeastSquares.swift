public import BackflowKernels

/// What `leastSquares` found.
public struct LeastSquaresSolution<Scalar: RealScalar>: Sendable {
  /// X, [n] or [n, columns] as the right-hand side: of all that minimise ‖B − A·X‖, column by
  /// column, the one of least norm.
  public let solution: Tensor<Scalar>
  /// B − A·X, in the shape of B.
  public let residual: Tensor<Scalar>
  /// How many singular values of A were counted as different from zero.
  public let rank: Int
  /// The min(m, n) singular values of A, descending.
  public let singularValues: [Scalar]
}

/// The least-squares solution of A·X ≈ B for any A, [m, n], with B of shape [m] or [m, columns].
///
/// Singular values up to `rankTolerance` times the largest count as zero; unless told,
/// max(m, n)·epsilon, which is what rounding leaves of a zero.
///
/// About 2·m·n² + 2·n³ flops for m ≥ n, and 4·m·n a column (LAPACK's gelsd). Stops if the shapes do
/// not fit; throws for a non-finite entry or if the iteration fails.
public func leastSquares<Scalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, rankTolerance: Scalar? = nil
) throws(LAPACKError) -> LeastSquaresSolution<Scalar> {
  let (rows, columns) = a.matrixExtents(for: "a least-squares problem")
  let rightSides = b.rightHandSideColumns(rows: rows, of: a.shape)
  let tolerance = rankTolerance ?? Scalar(max(rows, columns)) * Scalar.ulpOfOne
  require(tolerance >= 0, "a rank tolerance cannot be \(tolerance)")
  let (solution, rank, values) = try LAPACK.gelsd(
    a.span, rows: rows, columns: columns, b.span, columns: rightSides, tolerance: tolerance)
  let unknowns = Tensor(shape: [columns, rightSides], storage: solution)
  return LeastSquaresSolution(
    solution: unknowns.reshaped(to: b.shape.replacing(axis: 0, with: columns)),
    residual: b - matmul(a, unknowns).reshaped(to: b.shape), rank: rank, singularValues: values)
}
