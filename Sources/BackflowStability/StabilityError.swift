public import BackflowKernels
public import BackflowLinearAlgebra

/// Why a recurrence could not be analysed.
public enum StabilityError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A recurrent weight is a non-empty square matrix; this shape is not.
  case notSquare(Shape)
  /// The bound of a slope is a positive number.
  case slopeBoundNotPositive(Double)
  /// The decomposition failed, on a non-finite element among others.
  case linearAlgebra(LAPACKError)

  /// The reason in a sentence.
  public var description: String {
    switch self {
    case .notSquare(let shape):
      "a recurrent weight is a square matrix [hidden, hidden], not of shape \(shape)"
    case .slopeBoundNotPositive(let bound):
      "the largest slope of a nonlinearity is a positive number, not \(bound)"
    case .linearAlgebra(let error):
      "\(error)"
    }
  }
}
