public import BackflowKernels
public import ComplexModule

/// Returns the eigenvalues of a square matrix, [n, n], in no particular order.
///
/// The two eigenvalues of a conjugate pair are adjacent, the one with positive imaginary part
/// first. The type is complex even if all eigenvalues are real. Eigenvalues with large condition
/// numbers may differ from those of `EigenDecomposition` by more than others do, because from 76
/// rows on, rounding errors differ.
///
/// - Precondition: `a` is square.
/// - Throws: `LAPACKError` if an entry is non-finite or the QR iteration fails.
/// - Complexity: About 10·n³ flops (LAPACK's geev without vectors or, from 76 rows on, the same
///   steps with smaller deflation windows, in about half the time for 512 rows).
public func eigenvalues<Scalar>(
  of a: Tensor<Scalar>
) throws(LAPACKError) -> [Complex<Scalar>] {
  try LAPACK.geev(valuesOf: a.span, order: a.squareOrder(for: "an eigenvalue problem"))
}

/// The eigenvalues and eigenvectors of a square matrix: A·R = R·Λ and Lᴴ·A = Λ·Lᴴ.
///
/// Each vector has 2-norm 1 and a real largest component. A defective matrix has fewer than n
/// independent eigenvectors: some columns of R are then parallel up to rounding, and R has no
/// useful inverse.
public struct EigenDecomposition<Scalar: RealScalar>: Sendable {
  /// The n eigenvalues, the diagonal of Λ, in no particular order, with conjugate pairs as in
  /// `eigenvalues(of:)`.
  public let values: [Complex<Scalar>]
  /// R, [n, n]: column j is the right eigenvector of `values[j]`.
  public let rightVectors: ComplexMatrix<Scalar>
  /// L, [n, n]: column j is the left eigenvector of `values[j]`.
  public let leftVectors: ComplexMatrix<Scalar>

  /// Decomposes a square matrix, [n, n].
  ///
  /// - Precondition: `a` is square.
  /// - Throws: `LAPACKError` if an entry is non-finite or the QR iteration fails.
  /// - Complexity: About 27·n³ flops (LAPACK's geev).
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "an eigenvalue problem")
    let (values, left, right) = try LAPACK.geev(a.span, order: order)
    self.values = values
    leftVectors = ComplexMatrix(rows: order, columns: order, elements: left)
    rightVectors = ComplexMatrix(rows: order, columns: order, elements: right)
  }
}
