public import BackflowKernels
public import BackflowLinearAlgebra

/// Why a recurrence could not be analysed.
public enum StabilityError: BackflowError, Equatable {
  /// A recurrent weight is a non-empty square matrix; this shape is not.
  case notSquare(Shape)
  /// The bound of a slope is a positive number.
  case slopeBoundNotPositive(Double)
  /// The slope of a nonlinearity at rest is a finite number; this one is not.
  case slopeAtRestNotFinite(Double)
  /// A gradient is followed through 0 steps or more.
  case negativeSteps(Int)
  /// A gradient is followed along at least one sample.
  case samplesNotPositive(Int)
  /// The network has layers 0 ..< `count`; this is none of them.
  case noSuchLayer(Int, count: Int)
  /// There is no sample, or no sample's states stay finite, along which to follow a gradient.
  case noTrajectory(String)
  /// The decomposition failed, on a non-finite element among others.
  case linearAlgebra(LAPACKError)

  private static func isStackOfGates(_ shape: Shape) -> Bool {
    shape.rank == 2 && shape[1] > 0 && [3, 4].contains { shape[0] == $0 * shape[1] }
  }

  /// The reason in a sentence.
  public var description: String {
    switch self {
    case .notSquare(let shape):
      "a recurrent weight is a square matrix [hidden, hidden], not of shape \(shape)"
        + (StabilityError.isStackOfGates(shape)
          ? "; this one looks like the stacked gates of a GRU or LSTM, which are not analysed" : "")
    case .slopeBoundNotPositive(let bound):
      "the largest slope of a nonlinearity is a positive number, not \(bound)"
    case .slopeAtRestNotFinite(let slope):
      "the slope of a nonlinearity at rest is a finite number, not \(slope)"
    case .negativeSteps(let steps):
      "a gradient is followed back through 0 steps or more, not \(steps)"
    case .samplesNotPositive(let samples):
      "a gradient is followed along at least 1 sample, not \(samples)"
    case .noSuchLayer(let layer, let count):
      "the network has no layer \(layer): "
        + (count == 1 ? "its only layer is 0" : "its layers are 0 to \(count - 1)")
    case .noTrajectory(let reason):
      "there is nothing to follow a gradient along: \(reason)"
    case .linearAlgebra(let error):
      "\(error)"
    }
  }
}
