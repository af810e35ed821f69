public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// Counts, over a whole training set, which units of a ReLU layer ever turn on.
///
/// A unit is dead if max_n a_n ≤ 0 over all examples: it "never turns on for any example in your
/// entire training set" (A. Karpathy, "Yes you should understand backprop", 2016). The set is
/// streamed in batches, in one forward pass and with a few numbers for each unit.
///
///     var census = DeadUnitCensus<Float>(layer: "fc1", below: .data)
///     for batch in batches { census.count(preactivations: first(batch)) }
///     print(census.report)
public struct DeadUnitCensus<Scalar: RealScalar>: Sendable {
  /// What stands below the layer: whether dead units can come back depends on it.
  public enum Below: String, Sendable, Codable {
    /// The data: nothing below can change, so a dead unit stays dead.
    case data
    /// Layers that still learn: they may move the inputs of a dead unit until it lives.
    case learningLayers = "learning_layers"
    /// Layers that do not learn any more.
    case frozenLayers = "frozen_layers"
  }

  /// The name of the layer.
  public let layer: String
  /// What stands below it.
  public let below: Below
  private var examples = 0
  private var active: [Int] = []
  private var maxima: Tensor<Scalar>?
  /// The largest batch so far, how many of that size there were, and their silent units together.
  private var largest = (size: 0, count: 0, silent: 0)

  /// A census of no examples yet.
  public init(layer: String, below: Below = .learningLayers) {
    (self.layer, self.below) = (layer, below)
  }

  /// Counts a batch of pre-activations a = W x + b: [..., units], or [N, C, height, width], where a
  /// channel is a unit and a pixel an example. Outputs max(a, 0) will do, but then the margin to
  /// life is 0.
  ///
  /// Stops if the number of units changes.
  public mutating func count(preactivations: Tensor<Scalar>) {
    let rows = preactivations.rank == 4 ? preactivations.permuted([0, 2, 3, 1]) : preactivations
    require(rows.rank >= 2, "a census needs [..., units], not \(rows.shape)")
    let units = rows.shape[rows.rank - 1]
    var highest = maxima ?? Tensor(repeating: -.infinity, shape: [units])
    require(
      highest.count == units, "\(layer): \(units) units in this batch, \(highest.count) before")
    guard rows.count > 0 else { return }
    let on = VectorKernels.countBeyond(
      rows.span, lower: Array(repeating: -.infinity, count: units),
      upper: Array(repeating: 0, count: units)
    ).above
    var highestHere = Tensor<Scalar>(repeating: -.infinity, shape: [units])
    VectorKernels.columnMaxima(rows.span, into: highestHere.mutableSpan)
    VectorKernels.columnMaxima(highestHere.span, into: highest.mutableSpan)
    maxima = highest
    active = active.isEmpty ? on : zip(active, on).map { $0 + $1 }
    let batch = rows.count / units
    // NaN is not known to be off.
    let silent = zip(on, highestHere.elements).filter { $0 == 0 && $1 <= 0 }.count
    if batch > largest.size { largest = (batch, 0, 0) }
    if batch == largest.size { largest = (batch, largest.count + 1, largest.silent + silent) }
    examples += batch
  }

  /// What was counted so far.
  public var report: DeadUnitReport {
    DeadUnitReport(
      layer: layer, canRecover: below == .learningLayers, examples: examples, active: active,
      maxima: maxima?.elements.map { Double($0) } ?? [], batch: largest.size,
      silentInBatch: largest.count == 0 ? 0 : Double(largest.silent) / Double(largest.count))
  }
}

/// Which units of a layer are dead, and how sure that is.
public struct DeadUnitReport: Sendable, Equatable {
  /// The name of the layer.
  public let layer: String
  /// Whether layers below may yet move the inputs of a dead unit until it lives.
  public let canRecover: Bool
  /// n, the number of examples
  public let examples: Int
  /// For how many examples each unit was on: exact.
  public let active: [Int]
  /// max_n a_n of each unit: how far a dead one is from life. NaN if an example was.
  public let maxima: [Double]
  /// The size of the largest batch: a remainder at the end does not count.
  public let batch: Int
  /// How many units were off for a whole batch of that size, on average: what a look at one batch would
  /// call dead.
  public let silentInBatch: Double

  /// The units that were never on. One that met a NaN is not among them: nobody knows.
  public var dead: [Int] { maxima.indices.filter { maxima[$0] <= 0 } }
  /// The share of units that were never on; 0 of none.
  public var deadShare: Double {
    active.isEmpty ? 0 : Double(dead.count) / Double(active.count)
  }
  /// The share of units that one batch alone would call dead, on average; 0 of none.
  public var batchShare: Double {
    active.isEmpty ? 0 : silentInBatch / Double(active.count)
  }
  /// The units that were on for some examples, but for less than `share` of them.
  public func rarelyActive(_ share: Double = 0.01) -> [Int] {
    active.indices.filter { active[$0] > 0 && Double(active[$0]) < share * Double(examples) }
  }
  /// The largest share of all examples of its kind for which a unit that was silent on these may be
  /// on, at 95 % confidence: 1 − 0.05^(1/n), about 3/n. It takes examples for independent, which
  /// neighboring pixels and time steps are not: of these the true bound is higher.
  public var activityBound: Double {
    examples == 0 ? 1 : -.expMinusOne(.log(0.05) / Double(examples))
  }
}

extension DeadUnitReport {
  /// What the census has to say: a note from one dead unit on, more if there are many.
  public func findings(step: Int, _ thresholds: Thresholds = Thresholds()) -> [Finding] {
    guard !dead.isEmpty else { return [] }
    let margins = dead.map { -maxima[$0] }.sorted()
    let severity: Finding.Severity =
      deadShare < thresholds.deadShare ? .note : canRecover ? .warning : .failure
    return [
      Finding(
        .deadUnits, severity, layer: layer, units: dead, step: step, measured: deadShare,
        threshold: thresholds.deadShare,
        source: "share of the units that are off for the whole training set; between the 14 % of"
          + " healthy trainings and the 40 % of the essay that defines a dead ReLU",
        statement: "\(dead.count) of the \(active.count) units of \(layer) are off for every one of"
          + " \(examples) examples (one batch of \(batch) would say \(figure(silentInBatch))); the nearest is"
          + " \(figure(margins.first ?? 0)) short of turning on, half of them"
          + " \(figure(margins[margins.count / 2])) or more; at 95 % a dead unit is on for less than"
          + " \(percentage(activityBound)) of such examples",
        reason: canRecover
          ? "No gradient reaches their weights; only a change in the layers below can wake them."
          : "No gradient reaches their weights and nothing below them changes: they are dead for"
            + " good.",
        cure: "A smaller learning rate, He initialization with biases at zero, a leaky ReLU or ELU;"
          + " to go on from here, draw the dead units anew.")
    ]
  }
}

extension DeadUnitReport: CustomStringConvertible {
  /// "fc1: 3 of 64 units are off for every one of 1437 examples, 2 more are on for less than 1 %".
  public var description: String {
    "\(layer): \(dead.count) of \(active.count) units are off for every one of \(examples) examples,"
      + " \(rarelyActive().count) more are on for less than 1 %"
  }
}
