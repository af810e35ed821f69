public import BackflowKernels

/// The thin QR decomposition of a matrix, [m, n]: A = Q·R, with k = min(m, n).
public struct QRDecomposition<Scalar: RealScalar>: Sendable {
  /// Q, [m, k], with orthonormal columns.
  public let q: Tensor<Scalar>
  /// R, [k, n], upper triangular (trapezoidal where m < n).
  public let r: Tensor<Scalar>

  /// Decomposes any matrix, [m, n].
  ///
  /// The signs of R's diagonal are free. LAPACK leaves them as its reflections make them; with
  /// `positiveDiagonal` none is negative, which makes Q of a matrix of full column rank unique, and
  /// Q of a normal random matrix uniform over the orthogonal ones (Haar; Mezzadri, "How to generate
  /// random matrices from the classical compact groups", 2007).
  ///
  /// About 4·m·n² − 4/3·n³ flops for m ≥ n (LAPACK's geqrf and orgqr). Stops if `a` is no matrix;
  /// throws for a non-finite entry and if R overflows.
  public init(of a: Tensor<Scalar>, positiveDiagonal: Bool = false) throws(LAPACKError) {
    let (rows, columns) = a.matrixExtents(for: "a QR decomposition")
    let (q, r) = try LAPACK.geqrf(
      a.span, rows: rows, columns: columns, positiveDiagonal: positiveDiagonal)
    let rank = min(rows, columns)
    self.q = Tensor(shape: [rows, rank], storage: q)
    self.r = Tensor(shape: [rank, columns], storage: r)
  }
}
