public import BackflowKernels
internal import BackflowLinearAlgebra

/// Observes a training run and reports problems with its gradients.
///
///     var health = HealthMonitor<Float>(every: 10)
///     …
///     health.observe(step) {
///       $0.recordNetwork(trace)
///       $0.recordParameters(before, gradients: gradients, after: model)
///       $0.recordOptimizer(optimizer.state)
///       $0.recordLoss(loss, classes: 10)
///     }
///     print(health)
///
/// It only reads. Recorded values are shared with the passes that computed them; but parameters
/// kept from before the step are copied when the optimizer changes them, so keep them only at steps
/// that are due. The closure runs only at those steps. An observation costs a few passes over the
/// recorded tensors and no product of matrices.
public struct HealthMonitor<Scalar: RealScalar>: Sendable {
  /// The limits of the rules.
  public let thresholds: Thresholds
  /// The number of steps from one observation to the next.
  public let interval: Int
  /// The number of observations so far.
  public private(set) var observations = 0
  /// The layers that show neither activations nor parts, so that nothing inside them was examined.
  public private(set) var opaqueLayers: [String] = []
  private var rules: [any HealthRule<Scalar>]
  private var seen: [Topic: (finding: Finding, place: Int)] = [:]
  private var count = 0

  /// A monitor that observes steps 0, `interval`, 2·`interval`, …
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
    self.rules =
      [
        NonFiniteRule(), OptimizerStateRule(), SaturationRule(), BackwardSignalRule(),
        RecurrentSignalRule(), BlockedGradientRule(), UpdateRule(), InitializationRule(),
        SymmetryRule(), ClippingRule(),
      ] + rules
  }

  /// Whether this step is observed. If true, keep the values that `observe` needs.
  public func isDue(_ step: Int) -> Bool { step % interval == 0 }

  /// Observes one step, if it is due.
  ///
  /// - Returns: The new findings.
  @discardableResult
  public mutating func observe(
    _ step: Int, _ show: (inout StepObservation<Scalar>) throws -> Void
  ) rethrows -> [Finding] {
    guard isDue(step) else { return [] }
    var observation = StepObservation<Scalar>(step: step)
    try show(&observation)
    return judge(observation)
  }

  /// Applies the rules to an observation, whether its step is due or not.
  ///
  /// - Returns: The new findings.
  @discardableResult
  public mutating func judge(_ observation: StepObservation<Scalar>) -> [Finding] {
    observations += 1
    for layer in observation.opaqueLayers where !opaqueLayers.contains(layer) {
      opaqueLayers.append(layer)
    }
    var new: [Finding] = []
    for index in rules.indices {
      for finding in rules[index].findings(in: observation, thresholds) where note(finding) {
        new.append(finding)
      }
    }
    return new
  }

  /// Adds findings of a census or an audit.
  public mutating func add(_ findings: [Finding]) {
    for finding in findings { _ = note(finding) }
  }

  /// The findings so far, one for each kind, layer and gate, at its highest severity.
  /// The most severe come first, then the earliest.
  public var findings: [Finding] {
    seen.values.sorted {
      ($1.finding.severity, $0.place) < ($0.finding.severity, $1.place)
    }.map(\.finding)
  }

  /// The findings that call for a change: all but the notes.
  public var alarms: [Finding] { findings.filter { $0.severity > .note } }

  private mutating func note(_ finding: Finding) -> Bool {
    let topic = Topic(finding)
    if let known = seen[topic]?.finding, known.severity >= finding.severity { return false }
    seen[topic] = (finding, count)
    count += 1
    return true
  }
}

extension HealthMonitor: CustomStringConvertible {
  /// All findings in words, or that there are none, and the layers that could not be examined.
  public var description: String {
    let found =
      findings.isEmpty
      ? ["no findings in \(observations) observations"] : findings.map(\.description)
    let notSeen = opaqueLayers.map {
      "\($0) was not examined: it shows neither its activations nor its parts"
    }
    return (found + notSeen).joined(separator: "\n")
  }
}

/// The key by which findings at two steps are the same.
private struct Topic: Hashable {
  let kind: Finding.Kind
  let layer: String
  let gate: String?

  init(_ finding: Finding) {
    (kind, layer, gate) = (finding.kind, finding.layer, finding.gate)
  }
}
