internal import BackflowKernels
public import BackflowLinearAlgebra

/// The proof that a true fixed point is near a computed one, by the theorem of Newton and
/// Kantorovich (Ortega, SIAM Review 10, 1968).
///
///     β = ‖(J − I)⁻¹‖₂,   η = β ‖F(h) − h‖₂,   ‖J(s) − J(s′)‖₂ ≤ L ‖s − s′‖₂
///     β L η ≤ ½   ⇒   F has a fixed point within 2η, the only one within (1 + √(1 − 2βLη))/(βL)
///
/// β and η contain the rounding errors of F and J (see `CellErrors`). LAPACK's singular values of
/// an S × S matrix are taken to be accurate to 8·S·ε times the largest.
public struct KantorovichCertificate: Sendable, Equatable, Codable {
  /// β; infinite if J has an eigenvalue of 1 up to rounding.
  @ExtendedReal public private(set) var inverseNorm: Double
  /// η, with the bound of the rounding error of F.
  @ExtendedReal public private(set) var newtonStep: Double
  /// L
  public let lipschitzConstant: Double
  /// Whether L and the rounding errors are bounds, which are derived from the equations of the
  /// cell. For a map whose equations are not known, the rounding errors are estimated, and so is L
  /// unless the caller gives it, so that the certificate is no proof.
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
  ///   - residual: ‖F(h) − h‖₂ as computed.
  ///   - jacobian: J, [S, S].
  init(
    residual: Double, jacobian: Tensor<Double>, _ errors: MapErrors, _ variation: JacobianVariation
  ) throws(LAPACKError) {
    let size = Double(jacobian.shape[0])
    let values = try singularValues(of: jacobian - .identity(jacobian.shape[0]))
    let error = (8 * size + 1) * Double.ulpOfOne * (values.first ?? 0) + errors.jacobian
    let smallest = (values.last ?? 1) - error
    let inverse = smallest > 0 ? 1 / smallest : .infinity
    // The norm of the residual is rounded too.
    let length = residual * (1 + size * Double.ulpOfOne) + errors.step
    (inverseNorm, newtonStep) = (inverse, inverse * length)
    (lipschitzConstant, isProven) = (variation.constant, variation.isProven && errors.isProven)
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

  /// Returns sign det(I − J) at the true point, or `nil` if it is not certain.
  ///
  /// The computed factors are those of a matrix within γ_S ‖L‖_F ‖U‖_F of the computed I − J
  /// (Higham, "Accuracy and Stability of Numerical Algorithms", theorem 9.3), and the true one is
  /// within L·2η of it. No matrix between them is singular if the sum is less than 1/β.
  func index(of jacobian: Tensor<Double>) throws(LAPACKError) -> Int? {
    guard holds else { return nil }
    let size = jacobian.shape[0]
    let factors = try LUDecomposition(of: .identity(size) - jacobian)
    // ‖L‖_F and ‖U‖_F are at most the norm of both in one matrix, and √S more for the unit
    // diagonal.
    let norm = factors.packed.norm() + Double(size).squareRoot()
    let roundoff = 1.01 * Double(size) * Double.ulpOfOne / 2
    let distance = lipschitzConstant * radius + roundoff * norm * norm
    return inverseNorm * distance < 1 ? factors.determinantSign : nil
  }
}

extension KantorovichCertificate: CustomStringConvertible {
  /// Whether there is a point, and within which distance.
  public var description: String {
    guard holds else { return "no certificate: the product \(figure(product)) exceeds ½" }
    return "a fixed point within \(figure(radius)), alone within \(figure(uniquenessRadius))"
      + (isProven ? "" : " (estimated)")
  }
}
