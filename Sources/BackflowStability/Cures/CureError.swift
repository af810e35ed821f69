public import BackflowKernels

/// An error in the change of a recurrent cell.
public enum CureError: BackflowError, Equatable {
  /// The cell has the gates 0 ..< `count`, but not this one.
  case noSuchGate(Int, count: Int)
  /// This parameter, the input, or the initial state has an element that is NaN or infinite.
  case notFinite(String)
  /// The wanted value of this quantity is not positive and finite.
  case notPositive(quantity: String, Double)
  /// The wanted value of this quantity is NaN or infinite.
  case wantedNotFinite(quantity: String, Double)
  /// The recurrent weight of this gate has a spectral radius that rounding does not distinguish
  /// from zero, at most `bound`. No scale changes the radius of a nilpotent matrix.
  case radiusNotResolved(gate: Int, bound: Double)
  /// Every measured value of the quantity is above the wanted one, or every one is below it.
  case outOfReach(quantity: String, wanted: Double, reached: ClosedRange<Double>)
  /// The quantity jumps across the wanted value, from the lower to the upper bound of the range.
  case jumps(quantity: String, wanted: Double, between: ClosedRange<Double>)
  /// The cell of this type has no gate that keeps its state.
  case noKeepingGate(String)
  /// The cell has no biases.
  case noBias
  /// The precision cannot represent an element of this parameter.
  case doesNotFit(parameter: String, value: Double, WeightPrecision)
  /// The Jacobian of this step is singular in the span of the followed vectors, so that an exponent
  /// is −∞.
  case singularStep(Int)
  /// The cell cannot be analyzed.
  case stability(StabilityError)

  /// The reason, as a sentence.
  public var description: String {
    switch self {
    case .noSuchGate(let gate, let count):
      "the cell has no gate \(gate): "
        + (count == 1 ? "its only gate is 0" : "its gates are 0 to \(count - 1)")
    case .notFinite(let name):
      "\(name) has an element that is NaN or infinite"
    case .notPositive(let quantity, let value):
      "the wanted \(quantity) must be positive and finite, got \(value)"
    case .wantedNotFinite(let quantity, let value):
      "the wanted \(quantity) must be finite, got \(value)"
    case .radiusNotResolved(let gate, let bound):
      "the recurrent weight of gate \(gate) cannot be scaled to a spectral radius, because rounding"
        + " does not distinguish its radius (at most \(figure(bound))) from zero"
    case .outOfReach(let quantity, let wanted, let reached):
      "the wanted \(quantity), \(figure(wanted)), is not reached: the measured values are"
        + " \(figure(reached.lowerBound)) to \(figure(reached.upperBound))"
    case .jumps(let quantity, let wanted, let range):
      "the wanted \(quantity), \(figure(wanted)), is not reached: it jumps from"
        + " \(figure(range.lowerBound)) to \(figure(range.upperBound))"
    case .noKeepingGate(let type):
      "\(type) has no gate that keeps its state, as the forget gate of an LSTM and the update gate"
        + " of a GRU do"
    case .noBias:
      "the cell has no biases"
    case .doesNotFit(let parameter, let value, let precision):
      "the parameter \(parameter) has the element \(value), which \(precision.rawValue) cannot"
        + " represent"
    case .singularStep(let step):
      "the Jacobian of step \(step) is singular in the span of the followed vectors, so that an"
        + " exponent is −∞ and has no gradient"
    case .stability(let error):
      "\(error)"
    }
  }
}
