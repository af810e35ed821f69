internal import BackflowKernels

/// A nonlinearity φ by name, for layers, cells, health and stability alike.
public enum Nonlinearity: String, Sendable, Codable, CaseIterable {
  /// tanh a, slope 1 − y², at most 1.
  case tanh
  /// max(a, 0), slope 0 or 1.
  case relu
  /// σ(a) = 1/(1 + e^−a), slope y (1 − y), at most ¼.
  case sigmoid

  /// γ = sup φ′: 1 for tanh and ReLU, ¼ for the sigmoid.
  public var slopeBound: Double { self == .sigmoid ? 0.25 : 1 }

  /// φ′(0); for ReLU from the right.
  public var slopeAtRest: Double { slopeBound }

  /// The outputs y between which φ′/max φ′ is at least `slope`, or `nil` for a ReLU, which is on or
  /// off.
  ///
  ///     tanh:    1 − y² ≥ s    ⇔  |y| ≤ √(1 − s)
  ///     sigmoid: 4y(1 − y) ≥ s ⇔  |2y − 1| ≤ √(1 − s)
  ///
  /// A sigmoid is a tanh in this respect: 2σ(a) − 1 = tanh(a/2).
  ///
  /// - Precondition: `slope` is in 0...1.
  public func liveOutputs(slope: Double) -> ClosedRange<Double>? {
    require(
      (0...1).contains(slope),
      "Nonlinearity: the share of the largest slope must be in 0...1, got \(slope)")
    let bound = (1 - slope).squareRoot()
    switch self {
    case .tanh: return -bound...bound
    case .sigmoid: return (1 - bound) / 2...(1 + bound) / 2
    case .relu: return nil
    }
  }
}
