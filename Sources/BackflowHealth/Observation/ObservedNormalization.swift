public import BackflowLayers

/// A normalization layer with running statistics at one step.
public struct ObservedNormalization: Sendable, Equatable {
  /// The name of the layer.
  public let layer: String
  /// The type of the layer, such as "BatchNorm", if it is known.
  public let type: String?
  /// The mode and the running statistics.
  public let trace: NormalizationTrace
}
