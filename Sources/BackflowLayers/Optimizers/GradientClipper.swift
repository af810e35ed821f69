/// Clips the gradients of every step, and keeps count of how often it had to.
///
/// A clip rate near 1 means that the limit, and not the learning rate, decides the length of the
/// steps; a rate of 0 that the limit does nothing.
///
///     var clipper = GradientClipper(norm: 1)
///     try clipper.clip(&gradients)
///     print(clipper.clipRate)
public struct GradientClipper: Sendable, Equatable {
  /// What is limited.
  public enum Quantity: Sendable, Equatable {
    /// The global norm, by `clipGradientNorm`.
    case norm
    /// Each element, by `clipGradientValue`.
    case value
  }

  /// What is limited.
  public let quantity: Quantity
  /// The limit.
  public let limit: Double
  /// How many steps there were; those whose gradients were refused do not count.
  public private(set) var steps = 0
  /// In how many of them the gradients exceeded the limit.
  public private(set) var clippedSteps = 0
  /// The norm, or the largest magnitude, that the last step had before clipping.
  public private(set) var last: Double?

  /// clippedSteps / steps; `nil` before the first step.
  public var clipRate: Double? { steps == 0 ? nil : Double(clippedSteps) / Double(steps) }

  /// Limits the global norm. `clip` throws if the limit is not positive.
  public init(norm limit: Double) { (quantity, self.limit) = (.norm, limit) }

  /// Limits the magnitude of each element. `clip` throws if the limit is not positive.
  public init(value limit: Double) { (quantity, self.limit) = (.value, limit) }

  /// Clips the gradients of one step, and returns the norm or the largest magnitude before.
  ///
  /// - Throws: `GradientClippingError` if the limit is not positive or a gradient is not finite;
  ///   nothing is then changed.
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
