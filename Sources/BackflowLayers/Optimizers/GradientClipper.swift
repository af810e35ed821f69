/// Clips the gradients of every step and counts how often they exceed the limit.
///
/// A clip rate near 1 means that the limit, not the learning rate, determines the length of the
/// steps; a rate of 0 means that the limit has no effect.
///
///     var clipper = GradientClipper(norm: 1)
///     try clipper.clip(&gradients)
///     print(clipper.clipRate)
public struct GradientClipper: Sendable, Equatable {
  /// The quantity that is limited.
  public enum Quantity: Sendable, Equatable {
    /// The global norm, by `clipGradientNorm`.
    case norm
    /// Each element, by `clipGradientValue`.
    case value
  }

  /// The quantity that is limited.
  public let quantity: Quantity
  /// The limit.
  public let limit: Double
  /// The number of steps, without those whose gradients were refused.
  public private(set) var steps = 0
  /// The number of steps whose gradients exceeded the limit.
  public private(set) var clippedSteps = 0
  /// The norm, or the largest magnitude, of the last step before clipping.
  public private(set) var last: Double?

  /// clippedSteps / steps; `nil` before the first step.
  public var clipRate: Double? { steps == 0 ? nil : Double(clippedSteps) / Double(steps) }

  /// Limits the global norm. `clip` throws if the limit is not positive.
  public init(norm limit: Double) { (quantity, self.limit) = (.norm, limit) }

  /// Limits the magnitude of each element. `clip` throws if the limit is not positive.
  public init(value limit: Double) { (quantity, self.limit) = (.value, limit) }

  /// Clips the gradients of one step.
  ///
  /// - Returns: The norm, or the largest magnitude, before clipping.
  /// - Throws: `GradientClippingError` if the limit is not positive or a gradient is not finite.
  ///   Nothing is changed then.
  @discardableResult
  public mutating func clip<Model: Parameterized>(
    _ gradients: inout Model
  ) throws(GradientClippingError) -> Double {
    let before =
      switch quantity {
      case .norm: try clipGradientNorm(&gradients, to: limit)
      case .value: try clipGradientValue(&gradients, to: limit)
      }
    last = before
    steps += 1
    if before > limit { clippedSteps += 1 }
    return before
  }
}
