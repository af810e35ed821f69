public import BackflowKernels
public import ComplexModule

/// The real Schur decomposition of a square matrix: A = Z·T·Zᵀ with orthogonal Z.
///
/// Unlike the eigenvectors, Z exists and is perfectly conditioned for every matrix. What T has
/// above its diagonal blocks is what sets A apart from a normal matrix.
public struct SchurDecomposition<Scalar: RealScalar>: Sendable {
  /// T, [n, n]: zero below its diagonal but for a block of 2 × 2 for each conjugate pair, whose
  /// two diagonal elements are equal.
  public let t: Tensor<Scalar>
  /// Z, [n, n], orthogonal.
  public let z: Tensor<Scalar>
  /// The n eigenvalues, in the order of T's diagonal.
  public let eigenvalues: [Complex<Scalar>]

  /// Decomposes a square matrix, [n, n].
  ///
  /// About 25·n³ flops (LAPACK's gees). Stops if `a` is not square; throws for a non-finite entry
  /// or if the QR iteration fails.
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "a Schur decomposition")
    let (t, z, values) = try LAPACK.gees(a.span, order: order)
    self.t = Tensor(shape: [order, order], storage: t)
    self.z = Tensor(shape: [order, order], storage: z)
    eigenvalues = values
  }
}
