internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A fixed point of a recurrence under constant input, F(h) = h.
public struct FixedPoint: Sendable, Equatable, Codable {
  /// h, the S numbers of the state.
  public let state: [Double]
  /// ‖F(h) − h‖_∞, which is that of rounding.
  public let residual: Double
  /// The certificate that there is a true fixed point nearby, and where.
  public let certificate: KantorovichCertificate
  /// Whether nearby states approach the point.
  public let stability: PointStability
  /// The number of eigenvalues that are certainly outside the unit circle, those of all groups of
  /// connected error disks that are outside: the dimension of the unstable directions.
  public let unstableCount: Int
  /// The index sign det(I − J), which is −1 for an odd number of real eigenvalues above 1 and 1
  /// otherwise; `nil` if rounding errors leave it open, as for a degenerate point, or if the point
  /// is on the border of two linear regions.
  public let index: Int?
  /// Whether a unit of a ReLU network is exactly at its threshold, up to rounding, so that J has
  /// two values there. The modes are those for a unit that is off.
  public let isOnBorder: Bool
  /// The modes, in descending order of |λ|.
  public let modes: [LinearMode]
  /// The number of starts that led to the point, without those that ran beside another one.
  public let starts: Int

  private enum CodingKeys: String, CodingKey {
    case state, residual, certificate, index, modes, starts
    case stability = "class"
    case unstableCount = "unstable_count"
    case isOnBorder = "is_on_border"
  }

  /// What follows from the stored values, for readers of the JSON.
  private enum DerivedKeys: String, CodingKey {
    case radius
    case leadingEigenvalues = "leading_eigenvalues"
  }

  /// Encodes the point, with `radius` (`null` if it is not certified) and `leading_eigenvalues` as
  /// pairs of a real and an imaginary part.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(state, forKey: .state)
    try container.encode(residual, forKey: .residual)
    try container.encode(certificate, forKey: .certificate)
    try container.encode(index, forKey: .index)
    try container.encode(modes, forKey: .modes)
    try container.encode(starts, forKey: .starts)
    try container.encode(stability, forKey: .stability)
    try container.encode(unstableCount, forKey: .unstableCount)
    try container.encode(isOnBorder, forKey: .isOnBorder)
    var derived = encoder.container(keyedBy: DerivedKeys.self)
    try derived.encode(radius, forKey: .radius)
    try derived.encode(modes.map { [$0.real, $0.imaginary] }, forKey: .leadingEigenvalues)
  }

  /// The radius 2η about the state within which there is a true fixed point, or `nil` if it could
  /// not be certified.
  public var radius: Double? { certificate.holds ? certificate.radius : nil }

  /// Whether J has an eigenvalue of 1, up to rounding, or so close to it that no fixed point could
  /// be certified. Such a point need not be isolated, as on a line attractor.
  public var isDegenerate: Bool { !certificate.holds && !isOnBorder }

  /// Describes a point with its modes.
  init(
    state: Tensor<Double>, jacobian: Tensor<Double>, jacobianError: Double, residual: Double,
    certificate: KantorovichCertificate, index: Int?, isOnBorder: Bool = false, starts: Int,
    _ context: ModeContext
  ) throws(LAPACKError) {
    self.state = state.elements
    self.residual = residual
    self.certificate = certificate
    self.isOnBorder = isOnBorder
    self.starts = starts
    let displacement = certificate.holds ? certificate.lipschitzConstant * certificate.radius : 0
    let error = displacement + jacobianError
    let (modes, locations) = try LinearMode.modes(of: jacobian, error: error, context)
    self.modes = modes
    unstableCount = locations.count { $0.leastModulus > 1 }
    let exists = certificate.holds && !isOnBorder
    stability = exists ? PointStability(locations) : .undecided
    self.index = exists ? index : nil
  }
}

/// A state in which a recurrence almost rests: a minimum of q(h) = ½ ‖F(h) − h‖² with q > 0.
public struct SlowPoint: Sendable, Equatable, Codable {
  /// h, the S numbers of the state.
  public let state: [Double]
  /// √(2q) = ‖F(h) − h‖₂, the distance that the state moves in a step.
  public let speed: Double
  /// The modes of J at the state, in descending order of |λ|.
  public let modes: [LinearMode]
}

extension SlowPoint: CustomStringConvertible {
  /// The speed and the leading mode.
  public var description: String {
    "slow point: the state moves by \(figure(speed)) in a step"
      + (modes.first.map { ", largest |λ| \(figure($0.modulus))" } ?? "")
  }
}
