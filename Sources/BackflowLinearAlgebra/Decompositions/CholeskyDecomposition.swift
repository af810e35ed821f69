public import BackflowKernels

/// The Cholesky decomposition of a symmetric positive definite matrix: A = L·Lᵀ.
///
/// Only the lower triangle of the matrix, with its diagonal, is read; symmetry is not checked.
public struct CholeskyDecomposition<Scalar: RealScalar>: Sendable {
  /// L, [n, n], lower triangular with a positive diagonal and zeros above it.
  public let lower: Tensor<Scalar>

  /// Decomposes a symmetric positive definite matrix, [n, n].
  ///
  /// About n³/3 flops (LAPACK's potrf). Stops if `a` is not square; throws for a non-finite entry
  /// in the lower triangle and if the matrix is not positive definite.
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "a Cholesky decomposition")
    lower = Tensor(shape: a.shape, storage: try LAPACK.potrf(a.span, order: order))
  }

  /// X of A·X = B, with B and X of shape [n] or [n, columns].
  ///
  /// 2·n² flops a column (LAPACK's potrs). Stops if the shapes do not fit; throws for a non-finite
  /// entry and if X overflows.
  public func solve(_ b: Tensor<Scalar>) throws(LAPACKError) -> Tensor<Scalar> {
    let order = lower.shape[0]
    let columns = b.rightHandSideColumns(rows: order, of: lower.shape)
    return Tensor(
      shape: b.shape,
      storage: try LAPACK.potrs(lower: lower.span, order: order, b.span, columns: columns))
  }
}
