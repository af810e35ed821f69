public import BackflowKernels
public import ComplexModule
internal import RealModule

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

/// The eigenvalues of a square matrix with the condition number of each, and by how much rounding may have
/// moved it.
package struct EigenvaluesWithConditions: Sendable {
  /// The eigenvalues, ordered as by `eigenvalues(of:)`.
  package let values: [Complex<Double>]
  /// By how much a perturbation of unit norm may move each eigenvalue: 1 for a normal matrix, infinite for a
  /// defective eigenvalue.
  package let conditions: [Double]
  /// The Frobenius norm of the balanced matrix.
  package let norm: Double

  /// By how much a perturbation of the balanced matrix of norm `perturbation` may move each eigenvalue: to
  /// first order, or as Henrici's bound has it if that is less,
  ///
  ///     max(θ, θ^(1/n)),   θ = ‖E‖ Σ_{k<n} Δᵏ,   Δ² = ‖B‖_F² − Σ|λ|²
  ///
  /// which is finite where an eigenvalue is defective and the matrix small (Golub and Van Loan, "Matrix
  /// Computations", theorem 7.2.3).
  package func displacements(by perturbation: Double) -> [Double] {
    let departure = max(0, norm * norm - values.reduce(0) { $0 + $1.lengthSquared }).squareRoot()
    var (power, sum) = (1.0, 0.0)
    for _ in values where sum.isFinite {
      sum += power
      power *= departure
    }
    let theta = perturbation * sum
    let henrici = max(theta, Double.pow(theta, 1 / Double(max(values.count, 1))))
    return conditions.map { min($0 * perturbation, henrici.isNaN ? .infinity : henrici) }
  }

  /// About 30·n³ flops (LAPACK's geevx). Stops and throws as `EigenDecomposition` does.
  package init(of a: Tensor<Double>) throws(LAPACKError) {
    let order = a.squareOrder(for: "an eigenvalue problem")
    (values, conditions, norm) = try LAPACK.geevx(valuesOf: a.span, order: order)
  }
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
