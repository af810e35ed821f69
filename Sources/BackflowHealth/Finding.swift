/// Something that a monitor saw, with the number that proves it.
///
/// `print(finding)` gives all of it in plain words.
public struct Finding: Sendable, Equatable, Codable {
  /// What leaks.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Units so far in the flat part of their nonlinearity that they pass almost no gradient.
    case saturation
    /// A backward signal that has all but vanished on its way down, or back in time.
    case vanishingGradient = "vanishing_gradient"
    /// A backward signal that grows on its way down, or back in time.
    case explodingGradient = "exploding_gradient"
    /// Rectified units that are off for every example.
    case deadUnits = "dead_units"
    /// A loss whose gradient is exactly zero where the loss is not at its minimum.
    case blockedGradient = "blocked_gradient"
    /// A backward pass that is not the derivative of its forward pass.
    case wrongGradient = "wrong_gradient"
    /// Updates that are too long or too short for the weights they change.
    case updateRatio = "update_ratio"
    /// A start that wastes the first steps.
    case poorInitialization = "poor_initialization"
    /// A parameter that does not move.
    case unchangedParameter = "unchanged_parameter"
    /// Units of a layer that compute the same thing.
    case symmetricUnits = "symmetric_units"
    /// A NaN or an infinity.
    case nonFinite = "non_finite"
    /// Clipping that shortens or turns most steps.
    case clipping
    /// What a rule of the user's own looks for.
    case other
  }

  /// How much it matters.
  public enum Severity: String, Sendable, Codable, Comparable, CaseIterable {
    /// Worth knowing; it may well be intended.
    case note
    /// Training is slower or worse than it need be.
    case warning
    /// A part of the network does not learn.
    case failure

    /// A note is less than a warning, a warning less than a failure.
    public static func < (one: Severity, other: Severity) -> Bool { one.rank < other.rank }

    private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
  }

  /// On which side of its nonlinearity a unit is saturated.
  public enum Side: String, Sendable, Codable, CaseIterable {
    /// Near 0 or −1: a gate is shut.
    case low
    /// Near 1: a gate is open.
    case high
  }

  /// What leaks.
  public let kind: Kind
  /// How much it matters.
  public let severity: Severity
  /// The layer or parameter, by the name under which it was observed.
  public let layer: String
  /// The gate of a gated cell, where there is one.
  public let gate: String?
  /// The side on which units are saturated, or most of them; `nil` for other findings.
  public let side: Side?
  /// The units concerned, where single ones can be named; at most `Finding.listedUnits`.
  public let units: [Int]
  /// The training step at which it was seen.
  public let step: Int
  /// The measured figure, in the unit that `statement` names. ±∞ is held as the largest finite number,
  /// for JSON has no infinity.
  public let measured: Double
  /// The figure from which on it counts as a finding.
  public let threshold: Double
  /// Where the threshold comes from.
  public let source: String
  /// What was seen, in a sentence with the figure in it.
  public let statement: String
  /// Why it matters, in a sentence.
  public let reason: String
  /// What to try, in a sentence.
  public let cure: String

  /// How many units a finding names at most; the figures count all of them.
  public static let listedUnits = 16

  /// A finding of one's own, for a rule of one's own.
  public init(
    _ kind: Kind, _ severity: Severity, layer: String, gate: String? = nil, side: Side? = nil,
    units: [Int] = [], step: Int, measured: Double, threshold: Double, source: String,
    statement: String,
    reason: String, cure: String
  ) {
    self.kind = kind
    self.severity = severity
    self.layer = layer
    self.gate = gate
    self.side = side
    self.units = Array(units.prefix(Self.listedUnits))
    self.step = step
    self.measured =
      measured.isInfinite
      ? (measured < 0 ? -1 : 1) * Double.greatestFiniteMagnitude : measured
    self.threshold = threshold
    self.source = source
    self.statement = statement
    self.reason = reason
    self.cure = cure
  }
}

extension Finding: CustomStringConvertible {
  /// The finding in plain words, four lines.
  public var description: String {
    """
    \(severity.rawValue), step \(step): \(statement)
      measured \(figure(measured)), limit \(figure(threshold)) (\(source))
      why: \(reason)
      try: \(cure)
    """
  }
}
