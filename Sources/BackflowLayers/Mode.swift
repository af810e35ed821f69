internal import BackflowLinearAlgebra

/// Whether a forward pass is part of training.
///
/// A mode is a value: the same seed drops the same units, so that a forward pass is a function of
/// its arguments and can be repeated by a gradient check. Draw a new seed for every step:
/// `model.forward(x, .training(seed: random.next()))`.
public enum Mode: Sendable, Equatable {
  /// Nothing is dropped, and running statistics are used.
  case evaluation
  /// Units are dropped at random, as the seed determines, and statistics are those of the batch.
  case training(seed: UInt64)

  /// The mode for the part of a model with this index, with its own random numbers.
  public func part(_ index: Int) -> Mode {
    guard case .training(let seed) = self else { return self }
    // The sum of seed and index alone would repeat the parts of one seed at the next.
    var random = RandomSource(seed: seed)
    var own = RandomSource(seed: random.next() &+ UInt64(truncatingIfNeeded: index))
    return .training(seed: own.next())
  }
}
