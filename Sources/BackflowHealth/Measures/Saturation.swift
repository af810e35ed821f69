public import BackflowKernels
internal import BackflowLinearAlgebra

/// How many samples each unit of an activation is saturated for.
public struct Saturation: Sendable, Equatable {
  /// The name of the layer.
  public let layer: String
  /// The gate of a gated cell.
  public let gate: String?
  /// The nonlinearity.
  public let function: ActivationFunction
  /// The share of max φ′ below which a sample counts.
  public let slope: Double
  /// How many samples and time steps there are.
  public let samples: Int
  /// For how many of them each unit is saturated on the low side, near 0 or −1.
  public let low: [Int]
  /// For how many of them each unit is saturated on the high side, near 1.
  public let high: [Int]

  /// Counts in one pass over the output, of running samples only; `nil` for a ReLU, which does not
  /// saturate, and for nothing to count. NaN is on neither side.
  public init?<Scalar: RealScalar>(_ activation: Activation<Scalar>, slope: Double) {
    guard let live = activation.function.liveOutputs(slope: slope), activation.output.count > 0,
      !activation.features.isEmpty
    else { return nil }
    let columns = activation.output.shape[activation.output.rank - 1]
    (layer, gate, function) = (activation.layer, activation.gate, activation.function)
    self.slope = slope
    var (low, high) = ([Int](), [Int]())
    let parts = activation.runningElements.filter { !$0.isEmpty }
    for part in parts {
      let counts = VectorKernels.countBeyond(
        activation.output.span.extracting(part), columns: columns, in: activation.features,
        lower: Scalar(live.lowerBound), upper: Scalar(live.upperBound))
      low = low.isEmpty ? counts.below : zip(low, counts.below).map { $0 + $1 }
      high = high.isEmpty ? counts.above : zip(high, counts.above).map { $0 + $1 }
    }
    if low.isEmpty { return nil }
    samples = parts.reduce(0) { $0 + $1.count } / columns
    (self.low, self.high) = (low, high)
  }

  /// The share of (unit, sample) pairs that is saturated.
  public var share: Double { lowShare + highShare }
  /// The share of (unit, sample) pairs that is saturated on the low side.
  public var lowShare: Double { Double(low.reduce(0, +)) / Double(samples * low.count) }
  /// The share of (unit, sample) pairs that is saturated on the high side.
  public var highShare: Double { Double(high.reduce(0, +)) / Double(samples * high.count) }

  /// The units that are saturated on the low side for more than `share` of the samples: stuck there,
  /// a gate shut.
  public func stuckLow(_ share: Double) -> [Int] { stuck(low, share) }

  /// The units that are saturated on the high side for more than `share` of the samples: stuck there,
  /// a gate open.
  public func stuckHigh(_ share: Double) -> [Int] { stuck(high, share) }

  private func stuck(_ counts: [Int], _ share: Double) -> [Int] {
    counts.indices.filter { Double(counts[$0]) > share * Double(samples) }
  }
}
