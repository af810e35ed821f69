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

  /// Counts in one pass over the output; `nil` for a ReLU, which does not saturate, and for nothing
  /// to count. NaN is on neither side.
  public init?<Scalar: RealScalar>(_ activation: Activation<Scalar>, slope: Double) {
    guard let live = activation.function.liveOutputs(slope: slope), activation.output.count > 0,
      !activation.features.isEmpty
    else { return nil }
    let columns = activation.output.shape[activation.output.rank - 1]
    (layer, gate, function) = (activation.layer, activation.gate, activation.function)
    self.slope = slope
    samples = activation.output.count / columns
    (low, high) = VectorKernels.countBeyond(
      activation.output.span, columns: columns, in: activation.features,
      lower: Scalar(live.lowerBound), upper: Scalar(live.upperBound))
  }

  /// The share of (unit, sample) pairs that is saturated.
  public var share: Double { lowShare + highShare }
  /// The share of (unit, sample) pairs that is saturated on the low side.
  public var lowShare: Double { Double(low.reduce(0, +)) / Double(samples * low.count) }
  /// The share of (unit, sample) pairs that is saturated on the high side.
  public var highShare: Double { Double(high.reduce(0, +)) / Double(samples * high.count) }

  /// The units that are saturated for more than `share` of the samples: stuck.
  public func stuckUnits(_ share: Double) -> [Int] {
    low.indices.filter { Double(low[$0] + high[$0]) > share * Double(samples) }
  }
}
