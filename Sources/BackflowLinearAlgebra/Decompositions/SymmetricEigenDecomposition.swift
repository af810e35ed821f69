public import BackflowKernels

/// The eigenvalues of a symmetric matrix, [n, n], ascending. Only its lower triangle is read.
///
/// About 4/3·n³ flops (LAPACK's syevd without vectors). Stops if `a` is not square; throws for a
/// non-finite entry in the lower triangle or if the iteration fails.
public func symmetricEigenvalues<Scalar>(
  of a: Tensor<Scalar>
) throws(LAPACKError) -> [Scalar] {
  try LAPACK.syevd(
    valuesOf: a.span, order: a.squareOrder(for: "a symmetric eigenvalue problem"))
}

/// The eigenvalues and orthonormal eigenvectors of a symmetric matrix: A = V·Λ·Vᵀ.
///
/// Only the lower triangle of the matrix, with its diagonal, is read; symmetry is not checked.
public struct SymmetricEigenDecomposition<Scalar: RealScalar>: Sendable {
  /// The n eigenvalues, ascending.
  public let values: [Scalar]
  /// V, [n, n]: column j belongs to `values[j]`.
  public let vectors: Tensor<Scalar>

  /// Decomposes a symmetric matrix, [n, n].
  ///
  /// About 4·n³ flops, 9·n³ at worst (LAPACK's syevd). Stops if `a` is not square; throws for a
  /// non-finite entry in the lower triangle or if the iteration fails.
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "a symmetric eigenvalue problem")
    let (values, vectors) = try LAPACK.syevd(a.span, order: order)
    self.values = values
    self.vectors = Tensor(shape: [order, order], storage: vectors)
  }
}
