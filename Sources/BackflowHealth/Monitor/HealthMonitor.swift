public import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// Observes a training run and reports problems with its gradients, its steps and its loss.
///
///     var health = HealthMonitor<Float>(every: 10)
///     …
///     let before = health.isDue(step) ? model : nil
///     optimizer.update(&model, along: gradients)
///     health.observe(step, loss: loss, classes: 10) {
///       $0.recordNetwork(trace, output: logits)
///       $0.recordUpdate(from: before, to: model, along: gradients) { lossOfTheBatch($0) }
///     }
///     print(health)
///
/// It only reads. Recorded values are shared with the passes that computed them; but parameters
/// kept from before the step are copied when the optimizer changes them, so keep them only at steps
/// that are due. The loss is followed at every step, and the closure runs only at those that are
/// due, or if the loss is not finite. An observation costs a few passes over the recorded tensors
/// and no product of matrices, except where `recordUpdate` is given the loss as a function, and for
/// the horizon of recurrent cells, at the first observation and every 300 steps after it.
public struct HealthMonitor<Scalar: RealScalar>: Sendable {
  /// The limits of the rules.
  public let thresholds: Thresholds
  /// The number of steps from one observation to the next.
  public let interval: Int
  /// The number of observations so far.
  public internal(set) var observations = 0
  /// The layers that show neither activations nor parts, so that nothing inside them was examined.
  public internal(set) var opaqueLayers: [String] = []
  /// The loss, and the lengths of gradients and updates, over the steps so far.
  public internal(set) var losses = LossHistory()
  /// What the observations have shown.
  var extent = ObservedExtent()
  var library = LibraryRules<Scalar>()
  /// The rules of the user.
  var own: [any HealthRule<Scalar>]
  /// Their names, each once, under which they own findings and are encoded.
  let ownNames: [String]
  var ledger = FindingLedger()
  var silence = Silence()
  var steps: ClosedRange<Int>?
  /// The first step that `observe` was called with.
  var origin: Int?
  /// Whether a loss was not finite. The first such step is observed in any case.
  var hasFailed = false

  /// A monitor that observes the first step, usually 0, and every `interval`-th after it.
  ///
  /// - Parameters:
  ///   - interval: The number of steps from one observation to the next.
  ///   - thresholds: The limits of the rules.
  ///   - rules: Rules of your own, which are applied after those of the library.
  /// - Precondition: The interval is at least 1, and no threshold is negative or NaN.
  public init(
    every interval: Int = 1, thresholds: Thresholds = Thresholds(),
    rules: [any HealthRule<Scalar>] = []
  ) {
    require(interval >= 1, "HealthMonitor: the interval must be at least 1, got \(interval)")
    thresholds.check()
    self.interval = interval
    self.thresholds = thresholds
    own = rules
    ownNames = Self.names(of: rules)
  }

  /// Returns a monitor with the same settings that has seen nothing, for a training that goes back
  /// to an earlier step. Rules of your own keep what they remember.
  public func restarted() -> HealthMonitor {
    var other = HealthMonitor(every: interval, thresholds: thresholds, rules: own)
    other.silence = silence
    return other
  }

  /// Whether this step is observed. If true, keep the values that `observe` needs.
  public func isDue(_ step: Int) -> Bool { (step - (origin ?? step)) % interval == 0 }

  /// Follows the loss, and observes the step if it is due or if the loss is not finite.
  ///
  /// - Parameters:
  ///   - step: The number of the step, from 0 and over all epochs.
  ///   - loss: The loss of the step, before the update.
  ///   - classes: The number of classes of a classifier, whose loss is a cross-entropy in nats.
  ///   - constantLoss: The loss of the best constant guess, if it is known and not ln(classes): for
  ///     a mean squared error, the variance of the targets.
  ///   - show: Records what the rules look at.
  /// - Returns: The findings that are new, more severe than before, present again, or healed
  ///   (`isPresent` is false).
  /// - Precondition: The step is not below the last one that was observed.
  @discardableResult
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func observe(
    _ step: Int, loss: Scalar? = nil, classes: Int? = nil, constantLoss: Double? = nil,
    _ show: (inout StepObservation<Scalar>) throws -> Void
  ) rethrows -> [Finding] {
    if origin == nil { origin = step }
    if let loss {
      losses.add(Double(loss), at: step, constantLoss ?? classes.flatMap(LossHistory.chance))
    }
    let isFirstFailure = loss?.isFinite == false && !hasFailed
    if isFirstFailure { hasFailed = true }
    guard isDue(step) || isFirstFailure else { return [] }
    var observation = StepObservation<Scalar>(step: step)
    observation.updateTestRule = library.updateTest
    if let loss { observation.recordLoss(loss, classes: classes) }
    try show(&observation)
    return judge(observation, isFollowed: loss != nil)
  }

  /// Follows the loss of a step of which nothing else is shown.
  ///
  /// - Returns: The findings that are new, more severe than before, present again, or healed.
  @discardableResult
  public mutating func observe(
    _ step: Int, loss: Scalar, classes: Int? = nil, constantLoss: Double? = nil
  ) -> [Finding] {
    observe(step, loss: loss, classes: classes, constantLoss: constantLoss) { _ in }
  }

  /// Applies the rules to an observation, whether its step is due or not.
  ///
  /// - Returns: The findings that are new, more severe than before, present again, or healed.
  @discardableResult
  public mutating func judge(_ observation: StepObservation<Scalar>) -> [Finding] {
    judge(observation, isFollowed: false)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private mutating func judge(
    _ observation: consuming StepObservation<Scalar>, isFollowed: Bool
  ) -> [Finding] {
    // A second reference would make the rule copy what it remembers.
    observation.updateTestRule = nil
    let step = observation.step
    if let loss = observation.loss, !isFollowed {
      losses.add(loss.value, at: step, loss.classes.flatMap(LossHistory.chance))
    }
    losses.add(observation)
    losses.measureLevels()
    observation.losses = losses
    observations += 1
    extent.add(observation)
    require(
      step >= steps?.upperBound ?? step,
      "HealthMonitor: step \(step) after step \(steps?.upperBound ?? step); steps ascend, over epochs"
        + " as well")
    steps = (steps?.lowerBound ?? step)...step
    for layer in observation.opaqueLayers where !opaqueLayers.contains(layer) {
      opaqueLayers.append(layer)
    }
    var judge = Judge(observation, thresholds, silence, ledger)
    // A second reference would make the judge copy what it changes.
    ledger = FindingLedger()
    library.visit(&judge)
    for index in own.indices { judge.visit(&own[index], ownNames[index]) }
    ledger = judge.ledger
    return judge.changed + judge.healed
  }

  /// Adds findings of a census, an audit or another monitor. They heal only if a rule of this
  /// monitor finds the same, and then no longer.
  public mutating func add(_ findings: [Finding]) {
    for finding in findings where !silence.covers(finding) {
      _ = ledger.note(finding, by: nil, at: finding.step)
    }
  }

  /// Reports no findings of these layers any more.
  ///
  /// - Parameters:
  ///   - layers: The name of a layer or parameter. `*` stands for any characters: "encoder.*".
  ///   - kind: The kind of findings, or `nil` for all kinds.
  public mutating func silence(_ layers: String = "*", _ kind: Finding.Kind? = nil) {
    silence.add(layers, kind)
  }

  /// Reports findings of these layers and parameters only; "the loss" and "the gradients" are
  /// places as well.
  ///
  /// - Parameter layers: Names, in which `*` stands for any characters.
  public mutating func watch(only layers: [String]) {
    silence.chosen = layers.map { PlacePattern($0) }
  }

  /// The findings so far, one for each kind, layer and gate, at its highest severity: alarms before
  /// notes, those that are present first, then the most severe, then the earliest.
  public var findings: [Finding] { ledger.findings }

  /// The findings that call for a change: all but the notes.
  public var alarms: [Finding] { findings.filter { $0.severity > .note } }

  /// Which findings were present at which steps.
  public var history: HealthHistory { HealthHistory(steps: steps, rows: ledger.rows) }

  /// The types of the rules without generic parameters, with a number if a type comes again.
  private static func names(of rules: [any HealthRule<Scalar>]) -> [String] {
    var names = NameList<Scalar>()
    var library = LibraryRules<Scalar>()
    library.visit(&names)
    var counts = Dictionary(uniqueKeysWithValues: names.names.map { ($0, 1) })
    return rules.map { rule in
      let name = String("\(type(of: rule))".prefix { $0 != "<" })
      counts[name, default: 0] += 1
      return counts[name] == 1 ? name : "\(name) \(counts[name] ?? 0)"
    }
  }
}

/// Collects the names of rules.
private struct NameList<Scalar: RealScalar>: RuleVisitor {
  private(set) var names: [String] = []

  mutating func visit<Rule: HealthRule<Scalar>>(_: inout Rule, _ name: String) {
    names.append(name)
  }
}
