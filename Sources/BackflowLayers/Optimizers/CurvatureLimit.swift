public import BackflowKernels
public import BackflowLinearAlgebra

/// The curvature up to which the steps of an optimizer are stable.
///
/// On a quadratic loss with the Hessian H, the next steps with the present rate and the present
/// preconditioner P diverge if
///
///     λ_max(P^(−1/2) (H + penalty · I) P^(−1/2)) > limit
///
/// and do not if all eigenvalues are positive and below the limit. P is the identity for gradient
/// descent. The limits follow from the characteristic polynomial of a step on one eigenvector; each
/// optimizer states its own.
public struct CurvatureLimit<Scalar: RealScalar>: Sendable, Equatable {
  /// The largest stable eigenvalue; ∞ for a learning rate of 0.
  public let limit: Double
  /// The limit as a formula, such as "2/η".
  public let formula: String
  /// The diagonal of P, one tensor for each parameter in the order of `visitParameters`, or `nil`
  /// for the identity.
  public let preconditioner: [Tensor<Scalar>]?
  /// The coefficient of the L2 penalty that the optimizer adds to the gradient.
  public let penalty: Double

  /// A limit with these properties.
  ///
  /// - Precondition: The limit is not NaN or negative.
  public init(
    _ limit: Double, _ formula: String, preconditioner: [Tensor<Scalar>]? = nil, penalty: Double = 0
  ) {
    require(limit >= 0, "CurvatureLimit: the limit must be 0 or positive, got \(limit)")
    (self.limit, self.formula) = (limit, formula)
    (self.preconditioner, self.penalty) = (preconditioner, penalty)
  }
}

extension Optimizer {
  /// `nil`, for an optimizer whose limit is unknown.
  public var curvatureLimit: CurvatureLimit<Scalar>? { nil }
}

extension CurvatureLimit {
  /// The limit of the heavy ball, v ← β v + g, p ← p − η v: 2(1 + β)/η, which is 2/η for β = 0.
  ///
  /// On an eigenvector with eigenvalue h, a step multiplies (p, v) by a matrix of determinant β and
  /// trace 1 + β − η h. Both its eigenvalues are inside the unit circle if β < 1 and |trace| < 1 +
  /// β (Polyak 1964). A momentum of 1 or more is never stable.
  static func heavyBall(
    rate: Double, momentum β: Double, preconditioner: [Tensor<Scalar>]? = nil, penalty: Double
  ) -> CurvatureLimit {
    CurvatureLimit(
      quotient(β < 1 ? 2 * (1 + β) : 0, rate), β == 0 ? "2/η" : "2(1 + β)/η",
      preconditioner: preconditioner, penalty: penalty)
  }

  /// A limit divided by the learning rate. Without a step there is no limit, whatever the momentum.
  static func quotient(_ numerator: Double, _ rate: Double) -> Double {
    rate == 0 ? .infinity : numerator / rate
  }
}
