public import BackflowKernels
public import ComplexModule

/// The eigenvalues of a square matrix, [n, n], in no particular order; a conjugate pair stands
/// together, the positive imaginary part first. They are complex even where all are real.
///
/// About 10·n³ flops (LAPACK's geev without vectors). Stops if `a` is not square; throws for a
/// non-finite entry or if the QR iteration fails.
public func eigenvalues<Scalar>(
  of a: Tensor<Scalar>
) throws(LAPACKError) -> [Complex<Scalar>] {
  try LAPACK.geev(valuesOf: a.span, order: a.squareOrder(for: "an eigenvalue problem"))
}

/// The largest modulus of an eigenvalue of a square matrix, [n, n]; 0 for the empty one.
///
/// The powers of `a` grow or vanish like the powers of this number. Cost and errors are those of
/// `eigenvalues(of:)`.
public func spectralRadius<Scalar>(of a: Tensor<Scalar>) throws(LAPACKError) -> Scalar {
  try eigenvalues(of: a).lazy.map(\.length).max() ?? 0
}

/// The eigenvalues and eigenvectors of a square matrix: A·R = R·Λ and Lᴴ·A = Λ·Lᴴ.
///
/// Each vector has 2-norm 1 and a real largest component. A defective matrix has fewer independent
/// eigenvectors than columns: some of R are then parallel to rounding, and R has no useful inverse.
public struct EigenDecomposition<Scalar: RealScalar>: Sendable {
  /// The n eigenvalues, the diagonal of Λ, ordered as by `eigenvalues(of:)`.
  public let values: [Complex<Scalar>]
  /// R, [n, n]: column j belongs to `values[j]`.
  public let rightVectors: ComplexMatrix<Scalar>
  /// L, [n, n]: column j belongs to `values[j]`.
  public let leftVectors: ComplexMatrix<Scalar>

  /// Decomposes a square matrix, [n, n].
  ///
  /// About 27·n³ flops (LAPACK's geev). Stops if `a` is not square; throws for a non-finite entry
  /// or if the QR iteration fails.
  public init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "an eigenvalue problem")
    let (values, left, right) = try LAPACK.geev(a.span, order: order)
    self.values = values
    leftVectors = ComplexMatrix(rows: order, columns: order, elements: left)
    rightVectors = ComplexMatrix(rows: order, columns: order, elements: right)
  }
}
