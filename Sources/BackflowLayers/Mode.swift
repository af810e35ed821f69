internal import BackflowLinearAlgebra

/// Whether a forward pass is part of training.
///
/// A mode is a value: the same seed drops the same units, so a forward pass stays a function of its
/// arguments, and a gradient check can repeat it. Draw a new seed for every step:
/// `model.forward(x, .training(seed: random.next()))`.
public enum Mode: Sendable, Equatable {
  /// Nothing is dropped, and running statistics are used.
  case evaluation
  /// Units are dropped by the seed, and statistics are those of the batch.
  case training(seed: UInt64)

  /// The mode for the part of a model with this index: its random draws are its own, at every seed.
  public func part(_ index: Int) -> Mode {
    guard case .training(let seed) = self else { return self }
    // Two draws: the sum of seed and index alone would give neighbouring seeds the same parts.
    var random = RandomSource(seed: seed)
    var own = RandomSource(seed: random.next() &+ UInt64(truncatingIfNeeded: index))
    return .training(seed: own.next())
  }
}
