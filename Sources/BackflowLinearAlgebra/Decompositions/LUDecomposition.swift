public import BackflowKernels
internal import RealModule

/// The LU decomposition of a square matrix with row exchanges: P·A = L·U.
///
/// A singular matrix has one too. Its determinant is 0 and its reciprocal condition number is 0;
/// only `solve` refuses it.
public struct LUDecomposition<Scalar: RealScalar>: Sendable {
  private let factors: LAPACK.LUFactors<Scalar>

  /// Decomposes a square matrix, [n, n].
  ///
  /// About 2/3·n³ flops (LAPACK's getrf). Stops if `a` is not square; throws for a non-finite entry
  /// and if the factors overflow.
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    factors = try LAPACK.getrf(a.span, order: a.squareOrder(for: "an LU decomposition"))
  }

  private var shape: Shape { [factors.order, factors.order] }

  /// L and U in one matrix, [n, n]: U on and above the diagonal, L below it. The ones on L's
  /// diagonal are not stored. O(n²)
  public var packed: Tensor<Scalar> { Tensor(shape: shape, storage: factors.rowMajor) }

  /// P: row i of L·U is row `permutation[i]` of A. O(n)
  public var permutation: [Int] { factors.permutation }

  /// The first i with uᵢᵢ exactly 0, which makes the matrix singular; `nil` for a regular one.
  public var singularPivot: Int? { factors.singularPivot }

  /// X of A·X = B, with B and X of shape [n] or [n, columns].
  ///
  /// 2·n² flops a column (LAPACK's getrs). Stops if the shapes do not fit; throws for a non-finite
  /// entry, if the matrix is exactly singular and if X overflows. A nearly singular matrix is not
  /// refused: see `reciprocalConditionNumber`.
  public func solve(_ b: Tensor<Scalar>) throws(LAPACKError) -> Tensor<Scalar> {
    let columns = b.rightHandSideColumns(rows: factors.order, of: shape)
    return Tensor(
      shape: b.shape, storage: try LAPACK.getrs(factors, b.span, columns: columns))
  }

  /// ln |det A|: −∞ where A is singular, 0 where it is empty. Finite where the determinant itself
  /// would overflow. O(n)
  public var logAbsoluteDeterminant: Scalar {
    factors.diagonal.reduce(0) { $0 + Scalar.log($1.magnitude) }
  }

  /// The sign of the determinant, −1 or 1, and 0 where A is singular. O(n)
  public var determinantSign: Int {
    if factors.singularPivot != nil { return 0 }
    let negatives = factors.diagonal.count { $0 < 0 }
    return (negatives % 2 == 1) == factors.isOddPermutation ? 1 : -1
  }

  /// An estimate of 1 / (‖A‖₁·‖A⁻¹‖₁): near 1 for a well conditioned matrix, near the precision's
  /// epsilon where a solution has no correct digit left, 0 for a singular one.
  ///
  /// The true value is seldom below a third of the estimate, and never above it but for rounding.
  /// A few solutions' worth of work, about 10·n² flops (LAPACK's gecon).
  public var reciprocalConditionNumber: Scalar { LAPACK.gecon(factors) }
}

/// X of A·X = B for a square A, [n, n], with B and X of shape [n] or [n, columns].
///
/// About 2/3·n³ flops, and 2·n² a column (LAPACK's getrf and getrs). Stops if the shapes do not
/// fit; throws for a non-finite entry and if A is exactly singular. For several right-hand sides one
/// after the other, keep an `LUDecomposition`.
public func solve<Scalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>
) throws(LAPACKError) -> Tensor<Scalar> {
  try LUDecomposition(of: a).solve(b)
}
