public import BackflowKernels

/// The min(m, n) singular values of a matrix, [m, n], descending.
///
/// About 4·m·n² − 4/3·n³ flops for m ≥ n (LAPACK's gesdd without vectors). Stops if `a` is no
/// matrix; throws for a non-finite entry or if the iteration fails.
public func singularValues<Scalar>(
  of a: Tensor<Scalar>
) throws(LAPACKError) -> [Scalar] {
  let (rows, columns) = a.matrixExtents(for: "a singular value problem")
  return try LAPACK.gesdd(valuesOf: a.span, rows: rows, columns: columns)
}

/// The thin singular value decomposition of a matrix, [m, n]: A = U·Σ·Vᵀ, with k = min(m, n).
public struct SingularValueDecomposition<Scalar: RealScalar>: Sendable {
  /// U, [m, k], with orthonormal columns.
  public let u: Tensor<Scalar>
  /// The k singular values, the diagonal of Σ, descending and none negative.
  public let singularValues: [Scalar]
  /// Vᵀ, [k, n], with orthonormal rows.
  public let vTransposed: Tensor<Scalar>

  /// Decomposes any matrix, [m, n].
  ///
  /// About 6·m·n² + 20·n³ flops for m ≥ n (LAPACK's gesdd). Stops if `a` is no matrix; throws for
  /// a non-finite entry or if the iteration fails.
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let (rows, columns) = a.matrixExtents(for: "a singular value problem")
    let (u, values, vt) = try LAPACK.gesdd(a.span, rows: rows, columns: columns)
    self.u = Tensor(shape: [rows, values.count], storage: u)
    singularValues = values
    vTransposed = Tensor(shape: [values.count, columns], storage: vt)
  }
}
