public import BackflowKernels
public import ComplexModule

/// The real Schur decomposition of a square matrix: A = Z·T·Zᵀ with orthogonal Z.
///
/// Unlike the matrix of eigenvectors, Z exists and is perfectly conditioned for every matrix. T is
/// block diagonal if and only if A is normal.
public struct SchurDecomposition<Scalar: RealScalar>: Sendable {
  /// T, [n, n]: quasi-triangular, with a 2 × 2 diagonal block for each conjugate pair, whose two
  /// diagonal elements are equal.
  public let t: Tensor<Scalar>
  /// Z, [n, n], orthogonal.
  public let z: Tensor<Scalar>
  /// The n eigenvalues, in the order of the diagonal of T.
  public let eigenvalues: [Complex<Scalar>]

  /// Decomposes a square matrix, [n, n].
  ///
  /// - Precondition: `a` is square.
  /// - Throws: `LAPACKError` if an entry is non-finite or the QR iteration fails.
  /// - Complexity: About 25·n³ flops (LAPACK's gees).
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "a Schur decomposition")
    let (t, z, values) = try LAPACK.gees(a.span, order: order)
    self.t = Tensor(shape: [order, order], storage: t)
    self.z = Tensor(shape: [order, order], storage: z)
    eigenvalues = values
  }
}
