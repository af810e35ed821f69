public import BackflowKernels
public import BackflowLinearAlgebra
internal import RealModule

/// Counts over a whole training set which units of a ReLU layer are ever active.
///
/// A unit is dead if max_n a_n ≤ 0 over all examples: it "never turns on for any example in your
/// entire training set" (A. Karpathy, "Yes you should understand backprop", 2016). The set
/// is read in batches, in one forward pass and with a few numbers for each unit.
///
///     var census = DeadUnitCensus<Float>(layer: "fc1", below: .data)
///     for batch in batches { census.count(preactivations: first(batch)) }
///     print(census.report)
public struct DeadUnitCensus<Scalar: RealScalar>: Sendable {
  /// What is below the layer, which determines whether dead units can recover.
  public enum Below: String, Sendable, Codable {
    /// The data, which do not change: a dead unit stays dead.
    case data
    /// Layers that learn: they may change the inputs of a dead unit until it is active.
    case learningLayers = "learning_layers"
    /// Layers that no longer learn.
    case frozenLayers = "frozen_layers"
  }

  /// The name of the layer.
  public let layer: String
  /// What is below the layer.
  public let below: Below
  private var examples = 0
  private var active: [Int] = []
  private var maxima: Tensor<Scalar>?
  /// The size of the largest batch so far, the number of such batches, and the sum of their silent
  /// units.
  private var largest = (size: 0, count: 0, silent: 0)

  /// A census without examples.
  public init(layer: String, below: Below = .learningLayers) {
    (self.layer, self.below) = (layer, below)
  }

  /// Counts a batch of pre-activations a = W x + b: [..., units], or [N, C, height, width], where a
  /// channel is a unit and a pixel an example. With outputs max(a, 0) instead, the distance of a
  /// dead unit to activation is 0.
  ///
  /// - Precondition: The number of units is that of earlier batches.
  public mutating func count(preactivations: Tensor<Scalar>) {
    let rows = preactivations.rank == 4 ? preactivations.permuted([0, 2, 3, 1]) : preactivations
    require(rows.rank >= 2, "DeadUnitCensus: pre-activations \(rows.shape) instead of [..., units]")
    let units = rows.shape[rows.rank - 1]
    var highest = maxima ?? Tensor(repeating: -.infinity, shape: [units])
    require(
      highest.count == units,
      "DeadUnitCensus: \(units) units of \(layer) instead of \(highest.count)")
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
    // A NaN is not counted as off.
    let silent = zip(on, highestHere.elements).filter { $0 == 0 && $1 <= 0 }.count
    if batch > largest.size { largest = (batch, 0, 0) }
    if batch == largest.size { largest = (batch, largest.count + 1, largest.silent + silent) }
    examples += batch
  }

  /// The result for the batches so far.
  public var report: DeadUnitReport {
    DeadUnitReport(
      layer: layer, canRecover: below == .learningLayers, examples: examples, active: active,
      maxima: maxima?.elements.map { Double($0) } ?? [], batch: largest.size,
      silentInBatch: largest.count == 0 ? 0 : Double(largest.silent) / Double(largest.count))
  }
}

/// The dead units of a layer, with the certainty of the result.
public struct DeadUnitReport: Sendable, Equatable {
  /// The name of the layer.
  public let layer: String
  /// Whether layers below may change the inputs of a dead unit until it is active.
  public let canRecover: Bool
  /// n, the number of examples
  public let examples: Int
  /// The number of examples for which each unit was active.
  public let active: [Int]
  /// max_n a_n of each unit: minus the distance of a dead unit to activation. NaN if an example was
  /// NaN.
  public let maxima: [Double]
  /// The size of the largest batch, without a smaller one at the end.
  public let batch: Int
  /// The mean number of units that were off for a whole batch of that size, which one batch alone
  /// would count as dead.
  public let silentInBatch: Double

  /// The units that were never active. Units that saw a NaN are excluded.
  public var dead: [Int] { maxima.indices.filter { maxima[$0] <= 0 } }
  /// The share of units that were never active; 0 without units.
  public var deadShare: Double {
    active.isEmpty ? 0 : Double(dead.count) / Double(active.count)
  }
  /// The mean share of units that one batch alone would count as dead; 0 without units.
  public var batchShare: Double {
    active.isEmpty ? 0 : silentInBatch / Double(active.count)
  }
  /// The units that were active for some examples, but for less than `share` of them.
  public func rarelyActive(_ share: Double = 0.01) -> [Int] {
    active.indices.filter { active[$0] > 0 && Double(active[$0]) < share * Double(examples) }
  }
  /// The upper bound, at 95 % confidence, of the share of such examples for which a unit is active
  /// that was off for all of these: 1 − 0.05^(1/n), about 3/n. It assumes independent examples; for
  /// neighboring pixels and time steps the true bound is higher.
  public var activityBound: Double {
    examples == 0 ? 1 : -.expMinusOne(.log(0.05) / Double(examples))
  }
}

extension DeadUnitReport {
  /// The findings of the census: a note for at least one dead unit, more for many.
  public func findings(step: Int, _ thresholds: Thresholds = Thresholds()) -> [Finding] {
    guard !dead.isEmpty else { return [] }
    let margins = dead.map { -maxima[$0] }.sorted()
    // If all units are off, no gradient reaches the layers below either.
    let canRecover = canRecover && dead.count < active.count
    let severity: Finding.Severity =
      deadShare < thresholds.deadShare ? .note : canRecover ? .warning : .failure
    return [
      Finding(
        .deadUnits, severity, layer: layer, units: dead, step: step, measured: deadShare,
        threshold: thresholds.deadShare,
        source: "share of the units that are off for the whole training set; healthy trainings"
          + " have up to 10 of 16 (docs/health.md)",
        statement: "\(dead.count) of the \(active.count) units of \(layer) are inactive for all"
          + " \(examples) examples (one batch of \(batch) alone would count"
          + " \(figure(silentInBatch))). Their largest inputs are at least"
          + " \(figure(margins.first ?? 0)) below zero, and half of them at least"
          + " \(figure(margins[margins.count / 2])). With 95 % confidence, each is active for less than"
          + " \(percentage(activityBound)) of similar examples",
        reason: canRecover
          ? "No gradient reaches their weights; only a change in the layers below can activate them."
          : "No gradient reaches their weights and no layer below them changes, so that they stay"
            + " dead.",
        cure: "A smaller learning rate, He initialization with biases at zero, a leaky ReLU or ELU;"
          + " to continue from here, initialize the dead units again.",
        measure: "census")
    ]
  }
}

extension DeadUnitReport: CustomStringConvertible {
  /// "fc1: 3 of 64 units are inactive for all 1437 examples, 2 more are active for less than 1 %".
  public var description: String {
    "\(layer): \(dead.count) of \(active.count) units are inactive for all \(examples) examples,"
      + " \(rarelyActive().count) more are active for less than 1 %"
  }
}
