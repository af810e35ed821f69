public import BackflowKernels
internal import RealModule

/// The LU decomposition of a square matrix with row exchanges: P·A = L·U.
///
/// A singular matrix can be decomposed too. Its determinant and its reciprocal condition number are
/// 0, and `solve` throws an error.
public struct LUDecomposition<Scalar: RealScalar>: Sendable {
  private let factors: LAPACK.LUFactors<Scalar>

  /// Decomposes a square matrix, [n, n].
  ///
  /// - Precondition: `a` is square.
  /// - Throws: `LAPACKError` if an entry is non-finite or the factors overflow.
  /// - Complexity: About 2/3·n³ flops (LAPACK's getrf).
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    factors = try LAPACK.getrf(a.span, order: a.squareOrder(for: "an LU decomposition"))
  }

  private var shape: Shape { [factors.order, factors.order] }

  /// L and U in one matrix, [n, n]: U on and above the diagonal, L below it. The unit diagonal of L
  /// is not stored.
  ///
  /// - Complexity: O(n²)
  public var packed: Tensor<Scalar> { Tensor(shape: shape, storage: factors.rowMajor) }

  /// The permutation P: row i of L·U is row `permutation[i]` of A.
  ///
  /// - Complexity: O(n)
  public var permutation: [Int] { factors.permutation }

  /// The first i for which uᵢᵢ is exactly 0, or `nil` if the matrix is nonsingular.
  public var singularPivot: Int? { factors.singularPivot }

  /// Solves A·X = B, where B and X have shape [n] or [n, columns].
  ///
  /// A nearly singular matrix is not rejected; see `reciprocalConditionNumber`.
  ///
  /// - Precondition: `b` has n rows.
  /// - Throws: `LAPACKError` if an entry is non-finite, the matrix is exactly singular, or X
  ///   overflows.
  /// - Complexity: 2·n² flops for each column (LAPACK's getrs).
  public func solve(_ b: Tensor<Scalar>) throws(LAPACKError) -> Tensor<Scalar> {
    let columns = b.rightHandSideColumns(rows: factors.order, of: shape)
    return Tensor(
      shape: b.shape, storage: try LAPACK.getrs(factors, b.span, columns: columns))
  }

  /// ln |det A|: −∞ if A is singular, 0 if it is empty. The logarithm is finite even if the
  /// determinant would overflow.
  ///
  /// - Complexity: O(n)
  public var logAbsoluteDeterminant: Scalar {
    factors.diagonal.reduce(0) { $0 + Scalar.log($1.magnitude) }
  }

  /// The sign of the determinant: −1 or 1, or 0 if A is singular.
  ///
  /// - Complexity: O(n)
  public var determinantSign: Int {
    if factors.singularPivot != nil { return 0 }
    let negatives = factors.diagonal.count { $0 < 0 }
    return (negatives % 2 == 1) == factors.isOddPermutation ? 1 : -1
  }

  /// An estimate of 1 / (‖A‖₁·‖A⁻¹‖₁): close to 1 for a well-conditioned matrix, close to the
  /// machine epsilon if a solution has no correct digits, and 0 for a singular matrix.
  ///
  /// The true value is rarely less than a third of the estimate, and exceeds it only by rounding.
  ///
  /// - Complexity: About 10·n² flops, a few times the cost of a solution (LAPACK's gecon).
  public var reciprocalConditionNumber: Scalar { LAPACK.gecon(factors) }
}

/// Solves A·X = B for a square matrix A, [n, n], where B and X have shape [n] or [n, columns].
///
/// To solve for several right-hand sides in succession, keep an `LUDecomposition`.
///
/// - Precondition: `a` is square, and `b` has n rows.
/// - Throws: `LAPACKError` if an entry is non-finite or A is exactly singular.
/// - Complexity: About 2/3·n³ flops, and 2·n² for each column (LAPACK's getrf and getrs).
public func solve<Scalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>
) throws(LAPACKError) -> Tensor<Scalar> {
  try LUDecomposition(of: a).solve(b)
}
