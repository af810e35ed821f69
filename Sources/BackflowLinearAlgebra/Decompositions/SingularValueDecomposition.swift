public import BackflowKernels

/// Returns the min(m, n) singular values of a matrix, [m, n], in descending order.
///
/// - Precondition: `a` has rank 2.
/// - Throws: `LAPACKError` if an entry is non-finite or the iteration fails.
/// - Complexity: About 4·m·n² − 4/3·n³ flops for m ≥ n (LAPACK's gesdd without vectors).
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
  /// The k singular values, the diagonal of Σ: nonnegative, in descending order.
  public let singularValues: [Scalar]
  /// Vᵀ, [k, n], with orthonormal rows.
  public let vTransposed: Tensor<Scalar>

  /// Decomposes a matrix, [m, n].
  ///
  /// - Precondition: `a` has rank 2.
  /// - Throws: `LAPACKError` if an entry is non-finite or the iteration fails.
  /// - Complexity: About 6·m·n² + 20·n³ flops for m ≥ n (LAPACK's gesdd).
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let (rows, columns) = a.matrixExtents(for: "a singular value problem")
    let (u, values, vt) = try LAPACK.gesdd(a.span, rows: rows, columns: columns)
    self.u = Tensor(shape: [rows, values.count], storage: u)
    singularValues = values
    vTransposed = Tensor(shape: [values.count, columns], storage: vt)
  }
}
