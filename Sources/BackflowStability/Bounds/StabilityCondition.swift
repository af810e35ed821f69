public import BackflowLinearAlgebra

/// A sufficient condition of stability, left side < 1, with what it says of a cell whose states are
/// in the box of `ContractionReport`, |h| ≤ 1 and |c| ≤ c̄ for a gated cell.
public struct StabilityCondition: Sendable, Equatable, Codable {
  /// The name of the condition.
  public let name: String
  /// The inequality, with the letters of its source.
  public let inequality: String
  /// What follows if the condition holds.
  public let property: Property
  /// The left side, which must be less than 1.
  @ExtendedReal public private(set) var leftSide: Double
  /// A Boolean value that indicates whether the left side is less than 1 by more than the rounding
  /// error.
  public let holds: Bool
  /// What the left side would lose without each part of the cell, in the order of the gates: the
  /// memory, which hands on the state itself, and the path through each gate.
  public let contributions: [Contribution]
  /// The bounds from which the left side was computed, if it is their spectral radius.
  public let comparison: ComparisonMatrix?
  /// The factor of the recovery time.
  public let factor: Double
  /// The recovery time: the number of steps after which what a disturbance left in the state is at
  /// most `factor` times what it was. It is a bound only for two trajectories inside the box, the
  /// disturbed one included. `nil` if the condition does not hold, or does not say.
  public let recoverySteps: Int?

  /// What a condition is sufficient for.
  public enum Property: String, Sendable, Codable, CaseIterable {
    /// Input-to-state stability: what the state at the start contributes to the state dies out,
    /// and a bounded input gives a bounded state.
    case boundedResponse = "bounded_response"
    /// Incremental input-to-state stability: all trajectories under the same input approach each
    /// other exponentially, and a gradient vanishes.
    case contraction
  }

  /// The share of one part of a cell.
  public struct Contribution: Sendable, Equatable, Codable {
    /// `memory`, or PyTorch's letter of the gate.
    public let part: String
    /// What the left side would lose without the part.
    @ExtendedReal public private(set) var value: Double

    init(part: String, value: Double) {
      self.part = part
      self.value = value
    }
  }

  private enum CodingKeys: String, CodingKey {
    case name, inequality, property, holds, contributions, comparison, factor
    case leftSide = "left_side"
    case recoverySteps = "recovery_steps"
  }

  /// The right side of the inequality.
  public var rightSide: Double { 1 }
  /// 1 − the left side, negative if the condition does not hold.
  public var margin: Double { 1 - leftSide }
  /// The part with the largest contribution.
  public var costliest: Contribution? { contributions.max { $0.value < $1.value } }
}

extension StabilityCondition {
  /// A condition whose left side is the spectral radius of a comparison matrix.
  ///
  /// - Parameters:
  ///   - terms: The length of the longest sum in an element of the matrix, for its rounding error.
  ///   - parts: The parts of the cell.
  ///   - matrix: Returns the matrix without a part, or with all parts for `nil`.
  init(
    _ name: String, _ inequality: String, _ property: Property, terms: Int, factor: Double,
    parts: [String], matrix: (_ without: String?) -> ComparisonMatrix
  ) {
    let comparison = matrix(nil)
    let left = comparison.spectralRadius
    (self.name, self.inequality, self.property) = (name, inequality, property)
    (self.factor, self.comparison) = (factor, comparison)
    leftSide = left
    contributions = parts.map { part in
      let rest = matrix(part).spectralRadius
      return Contribution(part: part, value: rest == left ? 0 : left - rest)
    }
    holds = left * (1 + 4 * Double(terms + 8) * .ulpOfOne) < 1
    recoverySteps = holds ? comparison.stepsToLose(factor: factor) : nil
  }
}

extension StabilityCondition: CustomStringConvertible {
  /// The inequality with its figures, and what follows.
  public var description: String {
    let sign = holds ? "<" : leftSide < 1 ? "≈" : "≥"
    let shares = contributions.map { "\($0.part) \(figure($0.value))" }.joined(separator: ", ")
    return """
      \(name): \(holds ? "holds" : "does not hold")
        \(inequality): \(figure(leftSide)) \(sign) 1, margin \(figure(margin))
        without its part, the left side would lose: \(shares)
        \(consequence)
      """
  }

  /// What follows, in a sentence.
  public var consequence: String {
    guard holds else {
      let costliest = costliest.map { " The costliest part is \($0.part)." } ?? ""
      return "Nothing follows: the condition is sufficient only, and trained networks usually do"
        + " not satisfy it." + costliest
    }
    let subject =
      switch property {
      case .boundedResponse: "What the initial state contributes to the state"
      case .contraction: "The difference of two trajectories in the box under the same input"
      }
    let recovery = recoverySteps.map {
      ": after \($0) step\($0 == 1 ? "" : "s") it is at most \(figure(factor)) times what it was"
    }
    return subject + " dies out exponentially" + (recovery ?? "") + "."
  }
}
