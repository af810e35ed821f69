public import BackflowKernels
public import BackflowLinearAlgebra

/// An error in the analysis of a recurrence.
public enum StabilityError: BackflowError, Equatable {
  /// The recurrent weight is not a nonempty square matrix, but has this shape.
  case notSquare(Shape)
  /// The bound of the slope is not positive.
  case slopeBoundNotPositive(Double)
  /// The level of a pseudospectrum is not positive.
  case epsilonNotPositive(Double)
  /// The number of steps is negative.
  case negativeSteps(Int)
  /// The number of steps is not positive.
  case stepsNotPositive(Int)
  /// The number of samples is not positive.
  case samplesNotPositive(Int)
  /// The number of exponents is not in 1 ... S.
  case exponentCount(Int, stateSize: Int)
  /// There is no trajectory for the backward signal, because there is no sample or no state is
  /// finite.
  case noTrajectory(String)
  /// This part of the weights has an element that is NaN or infinite.
  case notFinite(String)
  /// The bound of the input is negative, NaN or infinite.
  case inputBoundInvalid(Double)
  /// The leak of a leaky cell is not positive.
  case leakNotPositive(Double)
  /// The factor of a recovery time is not between 0 and 1.
  case factorOutOfRange(Double)
  /// The map has no finite value or Jacobian where fixed points are sought, or a weight of it is
  /// not finite.
  case mapNotFinite(String)
  /// The period of a cycle is not positive.
  case periodNotPositive(Int)
  /// The duration of a step is not positive.
  case durationNotPositive(Double)
  /// The weights cannot be rounded, for this reason.
  case notRounded(String)
  /// The decomposition failed, for example because an element is not finite.
  case linearAlgebra(LAPACKError)

  private static func isStackOfGates(_ shape: Shape) -> Bool {
    shape.rank == 2 && shape[1] > 0 && [3, 4].contains { shape[0] == $0 * shape[1] }
  }

  /// The reason, as a sentence.
  public var description: String {
    switch self {
    case .notSquare(let shape):
      "a recurrent weight must be a square matrix [hidden, hidden], got shape \(shape)"
        + (StabilityError.isStackOfGates(shape)
          ? ", which looks like the stacked gates of a GRU or LSTM; analyze it as a layer, or gate"
            + " by gate" : "")
    case .slopeBoundNotPositive(let bound):
      "the largest slope of a nonlinearity must be positive, got \(bound)"
    case .epsilonNotPositive(let epsilon):
      "the level ε of a pseudospectrum must be positive and finite, got \(epsilon)"
    case .negativeSteps(let steps):
      "the number of steps must not be negative, got \(steps)"
    case .stepsNotPositive(let steps):
      "the number of steps must be positive, got \(steps)"
    case .samplesNotPositive(let samples):
      "the number of samples must be positive, got \(samples)"
    case .exponentCount(let count, let size):
      size == .max
        ? "the number of exponents must be positive, got \(count)"
        : "a state of \(size) numbers has 1 to \(size) Lyapunov exponents, not \(count)"
    case .noTrajectory(let reason):
      "there is no trajectory: \(reason)"
    case .notFinite(let part):
      "\(part) must be finite, but an element is NaN or infinite"
    case .inputBoundInvalid(let bound):
      "the largest absolute value of the input must be finite and not negative, got \(bound)"
    case .leakNotPositive(let leak):
      "the leak must be positive and finite, got \(leak)"
    case .factorOutOfRange(let factor):
      "the factor of a recovery time must lie between 0 and 1, got \(factor)"
    case .mapNotFinite(let reason):
      "the map has no finite value: \(reason)"
    case .periodNotPositive(let period):
      "the period of a cycle must be positive, got \(period)"
    case .durationNotPositive(let duration):
      "the duration of a step must be positive and finite, got \(duration) ms"
    case .notRounded(let reason):
      "the weights cannot be rounded: \(reason)"
    case .linearAlgebra(let error):
      "\(error)"
    }
  }
}

/// Returns the result of `body`, whose error becomes `StabilityError.linearAlgebra`.
func analyzing<Result>(
  _ body: () throws(LAPACKError) -> Result
) throws(StabilityError) -> Result {
  do {
    return try body()
  } catch {
    throw .linearAlgebra(error)
  }
}
