public import BackflowKernels

/// The Cholesky decomposition of a symmetric positive definite matrix: A = L·Lᵀ.
///
/// Only the diagonal and the lower triangle of the matrix are read. Symmetry is not checked.
public struct CholeskyDecomposition<Scalar: RealScalar>: Sendable {
  /// L, [n, n]: lower triangular, with a positive diagonal.
  public let lower: Tensor<Scalar>

  /// Decomposes a symmetric positive definite matrix, [n, n].
  ///
  /// - Precondition: `a` is square.
  /// - Throws: `LAPACKError` if the lower triangle has a non-finite entry or the matrix is not
  ///   positive definite.
  /// - Complexity: About n³/3 flops (LAPACK's potrf).
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "a Cholesky decomposition")
    lower = Tensor(shape: a.shape, storage: try LAPACK.potrf(a.span, order: order))
  }

  /// Solves A·X = B, where B and X have shape [n] or [n, columns].
  ///
  /// - Precondition: `b` has n rows.
  /// - Throws: `LAPACKError` if `b` has a non-finite entry or X overflows.
  /// - Complexity: 2·n² flops for each column (LAPACK's potrs).
  public func solve(_ b: Tensor<Scalar>) throws(LAPACKError) -> Tensor<Scalar> {
    let order = lower.shape[0]
    let columns = b.rightHandSideColumns(rows: order, of: lower.shape)
    return Tensor(
      shape: b.shape,
      storage: try LAPACK.potrs(lower: lower.span, order: order, b.span, columns: columns))
  }
}
