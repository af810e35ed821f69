package import BackflowKernels

/// The range of a setting.
///
/// Settings are given in double and used in the precision of the parameters, where rounding can
/// change their meaning: in single precision an ε of 1e-46 is 0, and a decay rate of 1 − 1e-9 is 1.
/// Such a setting is refused like one that is out of range.
package enum SettingRange {
  /// Above 0.
  case positive
  /// 0, or a positive number that does not round to 0.
  case zeroOrPositive
  /// 0 or positive, and allowed to round to 0, as the learning rate of a schedule.
  case fallingToZero
  /// 0 ≤ x < 1
  case belowOne
  /// 0 ≤ x ≤ 1, where only 1 rounds to 1.
  case share
  /// The same, where in addition only 0 rounds to 0 and leaves 1 − x at 1: the weight of the new
  /// value in a moving average.
  case averagingWeight
  /// A finite number, where only 0 rounds to 0.
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

  /// Whether rounding `value` to `rounded`, and 1 − `value` to `rest`, keeps its meaning.
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

  /// Checks a setting of `owner`.
  ///
  /// - Precondition: `value` is in this range and stays there when it is rounded to `Scalar`.
  package func check<Scalar: RealScalar>(
    _ value: Double, _ name: String, of owner: String, in _: Scalar.Type = Double.self
  ) {
    require(contains(value), "\(owner): \(name) must be \(words), got \(value)")
    let rounded = Double(Scalar(value))
    let rest = Double(Scalar(1 - value))
    let loss =
      self == .averagingWeight && rest == 1
      ? "which leaves 1 unchanged" : "which is \(rounded)"
    require(
      isKept(value, rounded, rest: rest),
      "\(owner): \(name) must be \(words), got \(value), \(loss) in \(Scalar.self)")
  }
}
