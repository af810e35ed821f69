/// What a layer does to the backward signal.
public enum SignalKind: String, Sendable, Codable, CaseIterable {
  /// Multiplies it by a weight: the weight factor.
  case weight
  /// Multiplies it by φ′: the activation factor.
  case activation
  /// Normalizes, pools, drops or reshapes it.
  case other
}
