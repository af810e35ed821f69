internal import BackflowKernels

/// An observation of a monitor, with the measurement that supports it.
///
/// `print(finding)` shows all of it in words.
public struct Finding: Sendable, Equatable, Codable {
  /// The kind of defect.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// Units with inputs for which their nonlinearity is so flat that almost no gradient passes.
    case saturation
    /// A backward signal that has nearly vanished on its way down or back in time.
    case vanishingGradient = "vanishing_gradient"
    /// A backward signal that grows on its way down or back in time.
    case explodingGradient = "exploding_gradient"
    /// Rectified units that are off for every example.
    case deadUnits = "dead_units"
    /// A loss whose gradient is exactly zero where the loss is not at its minimum.
    case blockedGradient = "blocked_gradient"
    /// A backward pass that is not the derivative of its forward pass.
    case wrongGradient = "wrong_gradient"
    /// Updates that are too long for the weights they change.
    case updateRatio = "update_ratio"
    /// Updates that are too short for the weights they change.
    case shortUpdate = "short_update"
    /// An initialization that wastes the first steps.
    case poorInitialization = "poor_initialization"
    /// A parameter that does not change.
    case unchangedParameter = "unchanged_parameter"
    /// Units of a layer that compute the same thing.
    case symmetricUnits = "symmetric_units"
    /// NaN or infinity.
    case nonFinite = "non_finite"
    /// Clipping that shortens or turns most steps.
    case clipping
    /// A recurrence that amplifies small changes of its state along the sequence.
    case expandingRecurrence = "expanding_recurrence"
    /// Steps that are too long for the curvature of the loss.
    case unstableStep = "unstable_step"
    /// Steps that raise the loss of their own batch, although their direction is right.
    case longStep = "long_step"
    /// Steps that go uphill: along the gradient instead of against it.
    case ascent
    /// A loss that rises.
    case risingLoss = "rising_loss"
    /// A loss that stays where it started, or at the level of a constant guess.
    case stuckLoss = "stuck_loss"
    /// A loss that is far above all earlier ones, for a few steps.
    case lossSpike = "loss_spike"
    /// A loss that rises and falls in turn, step after step.
    case oscillatingLoss = "oscillating_loss"
    /// Inputs of a scale that no layer is initialized for, or that carry no information.
    case unsuitableInput = "unsuitable_input"
    /// Outputs that the loss is not made for, such as probabilities instead of logits.
    case unsuitableOutput = "unsuitable_output"
    /// A layer in evaluation mode during training.
    case wrongMode = "wrong_mode"
    /// A weight that shrinks toward zero.
    case shrinkingWeight = "shrinking_weight"
    /// Recorded values that contradict each other, so that what rests on them means nothing.
    case wrongRecord = "wrong_record"
    /// A defect that a rule of your own looks for.
    case other
  }

  /// The severity.
  public enum Severity: String, Sendable, Codable, CodingKeyRepresentable, Comparable, CaseIterable
  {
    /// Worth knowing, and possibly intended.
    case note
    /// Training is slower or worse than necessary.
    case warning
    /// A part of the network does not learn.
    case failure

    /// A note is less than a warning, a warning less than a failure.
    public static func < (one: Severity, other: Severity) -> Bool { one.rank < other.rank }

    private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
  }

  /// The side of a nonlinearity on which a unit is saturated.
  public enum Side: String, Sendable, Codable, CaseIterable {
    /// Near 0 or −1: a gate is closed.
    case low
    /// Near 1: a gate is open.
    case high
  }

  /// The kind of defect.
  public let kind: Kind
  /// The highest severity that has lasted for its patience.
  public internal(set) var severity: Severity
  /// The severity at the last observation, which may be lower: what was an alarm may be a note by
  /// now, as saturation in a network that has fitted its data.
  public internal(set) var presentSeverity: Severity
  /// The name under which the layer or parameter was recorded.
  public let layer: String
  /// The gate of a gated cell, or `nil`.
  public let gate: String?
  /// The side on which most of the units are saturated; `nil` for other findings.
  public let side: Side?
  /// The units concerned, at most `Finding.listedUnits` of them; empty where no units can be named.
  public let units: [Int]
  /// The training step of the measurement.
  public private(set) var step: Int
  /// The measurement, in the unit that `statement` names. ±∞ and NaN are stored as the largest
  /// finite number, because JSON has neither.
  public private(set) var measured: Double
  /// The limit beyond which the measurement is a finding.
  public let threshold: Double
  /// The origin of the threshold.
  public let source: String
  /// The observation, in a sentence with the measurement.
  public let statement: String
  /// The consequence, in a sentence.
  public let reason: String
  /// The fix to try, in a sentence.
  public let cure: String
  /// The number of training steps over which it has to be found before a monitor reports it.
  public let patience: Int
  /// What is measured, if a kind has several measurements at one place; each is followed by itself.
  public let measure: String

  /// The first step at which it was found.
  public internal(set) var firstStep: Int
  /// The last step at which it was found.
  public internal(set) var lastStep: Int
  /// The number of observations in which it was found.
  public internal(set) var observations = 1
  /// The measurement farthest beyond the limit.
  public internal(set) var worst: Double
  /// The step of the worst measurement.
  public internal(set) var worstStep: Int
  /// Whether the latest observation that could show it did so. An event, such as the first NaN, is
  /// present at its own step only.
  public internal(set) var isPresent = true

  /// The largest number of units that a finding lists. Measurements count all of them.
  public static let listedUnits = 16

  /// A finding, for a rule of your own.
  ///
  /// - Precondition: The patience is not negative.
  public init(
    _ kind: Kind, _ severity: Severity, layer: String, gate: String? = nil, side: Side? = nil,
    units: [Int] = [], step: Int, measured: Double, threshold: Double, source: String,
    statement: String, reason: String, cure: String, patience: Int = 0, measure: String = ""
  ) {
    require(patience >= 0, "Finding: the patience must be 0 or more, got \(patience)")
    let largest = Double.greatestFiniteMagnitude
    let measured = measured.isNaN ? largest : min(max(measured, -largest), largest)
    self.kind = kind
    (self.severity, presentSeverity) = (severity, severity)
    self.layer = layer
    self.gate = gate
    self.side = side
    self.units = Array(units.prefix(Self.listedUnits))
    self.step = step
    self.measured = measured
    self.threshold = threshold
    self.source = source
    self.statement = statement
    self.reason = reason
    self.cure = cure
    (self.patience, self.measure) = (patience, measure)
    (firstStep, lastStep, worstStep, worst) = (step, step, step, measured)
  }

  private enum CodingKeys: String, CodingKey {
    case kind, severity, layer, gate, side, units, step, measured, threshold, source, statement
    case reason, cure, patience, measure, observations, worst
    case presentSeverity = "present_severity"
    case firstStep = "first_step"
    case lastStep = "last_step"
    case worstStep = "worst_step"
    case isPresent = "is_present"
  }
}

extension Finding.Kind {
  /// Whether it happens at a step, and does not last.
  var isEvent: Bool { self == .nonFinite || self == .lossSpike || self == .poorInitialization }
}

extension Finding {
  /// The same finding at a later step, with a finite measurement and the words of this one.
  func again(at step: Int, measured: Double) -> Finding {
    var later = self
    (later.step, later.measured) = (step, measured)
    (later.firstStep, later.lastStep) = (step, step)
    (later.worst, later.worstStep) = (measured, step)
    return later
  }

  /// Whether this measurement is farther beyond the limit than `other`, on the same side.
  func isWorse(than other: Double) -> Bool {
    measured > threshold ? measured > other : measured < other
  }

  /// The statement, behind the place if that belongs to one of several models and is not named:
  /// "the optimizer of critic: no parameter changes".
  public var placedStatement: String {
    layer.contains(" of ") && !statement.contains(layer) ? "\(layer): \(statement)" : statement
  }

  private var thresholdName: String {
    kind == .wrongGradient || kind == .ascent ? "right would be" : "limit"
  }

  /// The measurement and its limit in words: "measured 0.93, limit 0.5 (…)".
  package var measurement: String {
    "measured \(figure(measured)), \(thresholdName) \(figure(threshold)) (\(source))"
  }

  /// The life in words: "since step 0 (13 observations, worst 0.93 at step 40)".
  package var life: String {
    if firstStep == lastStep { return "at step \(firstStep)" }
    let span =
      isPresent ? "since step \(firstStep)" : "from step \(firstStep) to step \(lastStep)"
    let now = isPresent && presentSeverity < severity ? ", now a \(presentSeverity.rawValue)" : ""
    return
      "\(span) (\(observations) observations, worst \(figure(worst)) at step \(worstStep)\(now))"
  }
}

extension Finding: CustomStringConvertible {
  /// The finding in words, on four lines.
  public var description: String {
    """
    \(severity.rawValue), \(life): \(placedStatement)
      \(measurement)
      why: \(reason)
      try: \(cure)
    """
  }
}
