package import BackflowKernels

/// What a setting may be.
///
/// Settings are given in double and used in the precision of the parameters. Rounding can give them
/// another meaning there: an ε of 1e-46 is 0 in single precision, and a memory of 1 − 1e-9 never fades.
/// Such a setting is refused like one that is out of range.
package enum SettingRange {
  /// Above 0.
  case positive
  /// 0, or above it and no number that rounds to 0.
  case zeroOrPositive
  /// The same, but for a number that may fall until it rounds to 0, as a scheduled learning rate does.
  case fallingToZero
  /// 0 ≤ x < 1
  case belowOne
  /// 0 ≤ x ≤ 1, and no number that rounds to 1.
  case share
  /// The same, and no number that rounds to 0 or leaves 1 − x rounded to 1: the weight of what is new in
  /// a moving average.
  case averagingWeight
  /// Any number, and no number that rounds to 0.
  case finite

  private var words: String {
    switch self {
    case .positive: "positive and finite"
    case .zeroOrPositive, .fallingToZero: "0 or positive and finite"
    case .belowOne: "at least 0 and below 1"
    case .share, .averagingWeight: "at least 0 and at most 1"
    case .finite: "finite"
    }
  }

  private func contains(_ value: Double) -> Bool {
    switch self {
    case .positive: value > 0 && value.isFinite
    case .zeroOrPositive, .fallingToZero: value >= 0 && value.isFinite
    case .belowOne: value >= 0 && value < 1
    case .share, .averagingWeight: value >= 0 && value <= 1
    case .finite: value.isFinite
    }
  }

  /// Whether rounding `value` to `rounded`, and 1 − `value` to `rest`, has kept what it means.
  private func isKept(_ value: Double, _ rounded: Double, rest: Double) -> Bool {
    switch self {
    case .zeroOrPositive: contains(rounded) && (rounded > 0 || value == 0)
    case .share: contains(rounded) && (rounded < 1 || value == 1)
    case .averagingWeight:
      contains(rounded) && (rounded < 1 || value == 1) && (rest < 1 && rounded > 0 || value == 0)
    case .finite: contains(rounded) && (rounded != 0 || value == 0)
    default: contains(rounded)
    }
  }

  /// Stops, with the name and the figure, unless `value` is in this range and stays there when it is
  /// rounded to `Scalar`.
  package func check<Scalar: RealScalar>(
    _ value: Double, _ name: String, of owner: String, in _: Scalar.Type = Double.self
  ) {
    require(contains(value), "\(owner): \(name) must be \(words), it is \(value)")
    let rounded = Double(Scalar(value))
    let rest = Double(Scalar(1 - value))
    let loss =
      self == .averagingWeight && rest == 1
      ? "which leaves 1 unchanged" : "which is \(rounded)"
    require(
      isKept(value, rounded, rest: rest),
      "\(owner): \(name) must be \(words), it is \(value), \(loss) in \(Scalar.self)")
  }
}
