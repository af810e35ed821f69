public import BackflowKernels

/// The thin QR decomposition of a matrix, [m, n]: A = Q·R, with k = min(m, n).
public struct QRDecomposition<Scalar: RealScalar>: Sendable {
  /// Q, [m, k], with orthonormal columns.
  public let q: Tensor<Scalar>
  /// R, [k, n], upper triangular, or upper trapezoidal if m < n.
  public let r: Tensor<Scalar>

  /// Decomposes a matrix, [m, n].
  ///
  /// The signs of the diagonal of R are not determined by the decomposition, and LAPACK leaves them
  /// arbitrary. A nonnegative diagonal makes Q unique if the matrix has full column rank, and
  /// uniformly distributed over the orthogonal matrices if the entries are independent normal
  /// numbers (Haar; Mezzadri, "How to generate random matrices from the classical compact groups",
  /// 2007).
  ///
  /// - Parameters:
  ///   - a: The matrix.
  ///   - positiveDiagonal: Whether to choose the signs so that the diagonal of R is nonnegative.
  /// - Precondition: `a` has rank 2.
  /// - Throws: `LAPACKError` if an entry is non-finite or R overflows.
  /// - Complexity: About 4·m·n² − 4/3·n³ flops for m ≥ n (LAPACK's geqrf and orgqr).
  public init(of a: Tensor<Scalar>, positiveDiagonal: Bool = false) throws(LAPACKError) {
    let (rows, columns) = a.matrixExtents(for: "a QR decomposition")
    let (q, r) = try LAPACK.geqrf(
      a.span, rows: rows, columns: columns, positiveDiagonal: positiveDiagonal)
    let rank = min(rows, columns)
    self.q = Tensor(shape: [rows, rank], storage: q)
    self.r = Tensor(shape: [rank, columns], storage: r)
  }
}
