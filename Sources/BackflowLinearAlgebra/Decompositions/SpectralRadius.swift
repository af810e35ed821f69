public import BackflowKernels
internal import ComplexModule

/// Returns the spectral radius of a square matrix, [n, n]: the largest modulus of its eigenvalues,
/// or 0 for the empty matrix.
///
/// The powers of `a` grow or decay like the powers of this number.
///
/// From 192 rows on, Arnoldi iterations first look for the largest eigenvalue. Their result counts
/// if its error is of the size of those of `eigenvalues(of:)`: the right vector has a residual of
/// at most 2√n·ε·‖A‖_F, the left vector, from another random start, belongs to the same eigenvalue,
/// its condition number is at most 100, and the eigenvalues that follow are smaller by more than
/// their errors. Otherwise, all eigenvalues are computed. The same number of threads gives the same
/// bits.
///
/// - Precondition: `a` is square.
/// - Throws: `LAPACKError` if an entry is non-finite or the QR iteration fails.
/// - Complexity: About a third of that of `eigenvalues(of:)` if the largest eigenvalue is apart
///   from the others, as in a Gaussian matrix. About the same for a multiple of an orthogonal
///   matrix, and otherwise a quarter to a third more.
public func spectralRadius<Scalar>(of a: Tensor<Scalar>) throws(LAPACKError) -> Scalar {
  try SpectralRadius(of: a).value
}

/// The spectral radius of a matrix and how it was found.
package struct SpectralRadius<Scalar: RealScalar>: Sendable {
  package let value: Scalar
  package let method: Method
  /// The number of products of a vector with a power of the matrix or its transpose.
  package let productCount: Int

  /// The computation that found the value.
  package enum Method: Sendable, Equatable {
    /// All eigenvalues, for this reason.
    case allEigenvalues(SpectralRadiusObstacle)
    /// The Arnoldi iteration. The residual ‖A·x − λ·x‖ of a vector of norm 1 is relative to |λ|;
    /// the condition number is that of λ.
    case arnoldi(residual: Double, condition: Double)
  }

  package init(of a: Tensor<Scalar>) throws(LAPACKError) {
    let order = a.squareOrder(for: "an eigenvalue problem")
    var search = DominantEigenvalueSearch<Scalar>()
    do throws(SpectralRadiusObstacle) {
      let found = try search.run(a, order: order)
      value = Scalar(found.modulus)
      method = .arnoldi(residual: found.residual, condition: found.condition)
    } catch {
      value = try eigenvalues(of: a).lazy.map(\.length).max() ?? 0
      method = .allEigenvalues(error)
    }
    productCount = search.productCount
  }
}

/// A reason for which all eigenvalues are computed for the spectral radius.
package enum SpectralRadiusObstacle: Error, Equatable {
  /// The matrix is so small that computing all is fast.
  case smallMatrix
  /// A row or column of the matrix without its diagonal is zero, or so large or small in comparison
  /// with the other that balancing pays; or a number is not finite.
  case unbalanced
  /// Nearly all singular values are about equal, as of a multiple of an orthogonal matrix, whose
  /// eigenvalues have equal moduli.
  case equalSingularValues
  /// The iteration did not converge.
  case unconverged
  /// Another eigenvalue is close to the largest.
  case cluster
  /// The vector found has a large residual, as for eigenvalues of which the powers are equal.
  case residual
  /// The iteration with the transpose found another eigenvalue.
  case disagreement
  /// The condition number of the eigenvalue is large, so that its residual bounds little.
  case sensitive
}
