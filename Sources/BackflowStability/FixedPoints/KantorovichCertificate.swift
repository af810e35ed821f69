internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The proof that a true fixed point is near a computed one, by the theorem of Newton and
/// Kantorovich (Ortega, SIAM Review 10, 1968).
///
///     β = ‖(J − I)⁻¹‖₂,   η = β ‖F(h) − h‖₂,   ‖J(s) − J(s′)‖₂ ≤ L ‖s − s′‖₂
///     β L η ≤ ½   ⇒   F has a fixed point within 2η, the only one within (1 + √(1 − 2βLη))/(βL)
public struct KantorovichCertificate: Sendable, Equatable, Codable {
  /// β; infinite if J has an eigenvalue of 1 up to rounding.
  @ExtendedReal public private(set) var inverseNorm: Double
  /// η, with the rounding error of F.
  @ExtendedReal public private(set) var newtonStep: Double
  /// L
  public let lipschitzConstant: Double
  /// Whether L is proven for the equations of the cell or given by the caller. If it is not, it is
  /// an estimate from samples, and the certificate is no proof.
  public let isProven: Bool
  /// The radius of the ball about the point in which L holds.
  @ExtendedReal public private(set) var ball: Double

  private enum CodingKeys: String, CodingKey {
    case inverseNorm = "inverse_norm"
    case newtonStep = "newton_step"
    case lipschitzConstant = "lipschitz_constant"
    case isProven = "is_proven"
    case ball
  }

  /// The certificate of a point.
  ///
  /// - Parameters:
  ///   - residual: ‖F(h) − h‖₂, with the rounding error of F.
  ///   - jacobian: J, [S, S].
  init(
    residual: Double, jacobian: Tensor<Double>, _ variation: JacobianVariation
  ) throws(LAPACKError) {
    let values = try singularValues(of: jacobian - .identity(jacobian.shape[0]))
    // The rounding errors of J and of its singular values.
    let error = Double(4 * jacobian.shape[0] + 8) * Double.ulpOfOne / 2 * (values.first ?? 0)
    let smallest = (values.last ?? 1) - error
    let inverse = smallest > 0 ? 1 / smallest : .infinity
    (inverseNorm, newtonStep) = (inverse, inverse * residual)
    (lipschitzConstant, isProven) = (variation.constant, variation.isProven)
    ball = variation.radius
  }

  /// h = β L η
  public var product: Double {
    lipschitzConstant == 0 && inverseNorm.isFinite
      ? 0 : inverseNorm * lipschitzConstant * newtonStep
  }

  /// Whether there is a fixed point within `radius`.
  public var holds: Bool { newtonStep.isFinite && product <= 0.5 && radius <= ball }

  /// 2η
  public var radius: Double { 2 * newtonStep }

  /// The radius of the ball about the point in which there is no other fixed point.
  public var uniquenessRadius: Double {
    guard holds else { return 0 }
    let curvature = inverseNorm * lipschitzConstant
    return min(ball, curvature == 0 ? .infinity : (1 + (1 - 2 * product).squareRoot()) / curvature)
  }

  /// The radius of a ball in which Newton's iteration converges to this point from every start,
  /// (2 − √2)/(2βL) (Rheinboldt 1968; Rall, SIAM J. Numer. Anal. 11, 1974).
  var attractionRadius: Double {
    holds ? min(ball / 2, (1 - 0.5.squareRoot()) / (inverseNorm * lipschitzConstant)) : 0
  }
}
