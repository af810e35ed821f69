public import BackflowKernels

/// Returns the eigenvalues of a symmetric matrix, [n, n], in ascending order. Only its lower
/// triangle is read.
///
/// - Precondition: `a` is square.
/// - Throws: `LAPACKError` if the lower triangle has a non-finite entry or the iteration fails.
/// - Complexity: About 4/3·n³ flops (LAPACK's syevd without vectors).
public func symmetricEigenvalues<Scalar>(
  of a: Tensor<Scalar>
) throws(LAPACKError) -> [Scalar] {
  try LAPACK.syevd(
    valuesOf: a.span, order: a.squareOrder(for: "a symmetric eigenvalue problem"))
}

/// The eigenvalues and orthonormal eigenvectors of a symmetric matrix: A = V·Λ·Vᵀ.
///
/// Only the diagonal and the lower triangle of the matrix are read. Symmetry is not checked.
public struct SymmetricEigenDecomposition<Scalar: RealScalar>: Sendable {
  /// The n eigenvalues, in ascending order.
  public let values: [Scalar]
  /// V, [n, n]: column j is the eigenvector of `values[j]`.
  public let vectors: Tensor<Scalar>

  /// Decomposes a symmetric matrix, [n, n].
  ///
  /// - Precondition: `a` is square.
  /// - Throws: `LAPACKError` if the lower triangle has a non-finite entry or the iteration fails.
  /// - Complexity: About 4·n³ flops, at most 9·n³ (LAPACK's syevd).
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "a symmetric eigenvalue problem")
    let (values, vectors) = try LAPACK.syevd(a.span, order: order)
    self.values = values
    self.vectors = Tensor(shape: [order, order], storage: vectors)
  }
}
