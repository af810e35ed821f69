/// The effect of a layer on the backward signal.
public enum SignalKind: String, Sendable, Codable, CaseIterable {
  /// The layer multiplies the signal by a weight.
  case weight
  /// The layer multiplies the signal by φ′.
  case activation
  /// The layer has another effect, such as normalization, pooling, dropout or a change of shape.
  case other
}
