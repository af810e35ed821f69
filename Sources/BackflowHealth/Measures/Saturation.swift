public import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// The number of samples for which each unit of an activation is saturated.
public struct Saturation: Sendable, Equatable {
  /// The name of the layer.
  public let layer: String
  /// The type of the layer, such as "Sigmoid", if it is known.
  public let type: String?
  /// The gate of a gated cell.
  public let gate: String?
  /// The nonlinearity.
  public let nonlinearity: Nonlinearity
  /// φ′/max φ′ below which a sample counts.
  public let slope: Double
  /// The number of samples and time steps.
  public let samples: Int
  /// The number of them for which each unit is saturated on the low side, near 0 or −1.
  public let low: [Int]
  /// The number of them for which each unit is saturated on the high side, near 1.
  public let high: [Int]

  /// Counts the running samples in one pass over the output. `nil` for a ReLU, which does not
  /// saturate, and for an empty output. NaN is on neither side.
  public init?<Scalar: RealScalar>(_ activation: ObservedActivation<Scalar>, slope: Double) {
    guard let only = Saturation.count([activation], slope: slope).first else { return nil }
    self = only
  }

  /// The saturation of every activation that can saturate. Activations that share a tensor, as the
  /// gates of a cell, are counted in one pass.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func all<Scalar: RealScalar>(
    of activations: [ObservedActivation<Scalar>], slope: Double
  ) -> [Saturation] {
    var (rest, result) = (activations[...], [Saturation]())
    while let first = rest.first {
      var end = first.activation.features.lowerBound
      let together = rest.prefix { activation in
        defer { end = activation.activation.features.upperBound }
        return activation.activation.features.lowerBound >= end
          && activation.sharesTensor(with: first)
      }
      result += count(together, slope: slope)
      rest = rest.dropFirst(together.count)
    }
    return result
  }

  /// Counts the features of activations that share a tensor.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func count<Scalar: RealScalar>(
    _ activations: ArraySlice<ObservedActivation<Scalar>>, slope: Double
  ) -> [Saturation] {
    let live = activations.compactMap { activation in
      activation.activation.nonlinearity.liveOutputs(slope: slope).map { (activation, $0) }
    }
    guard let first = live.first?.0, let columns = first.output.shape.last, columns > 0 else {
      return []
    }
    // No value exceeds the bounds of a feature that belongs to no activation.
    var lower = [Scalar](repeating: -.infinity, count: columns)
    var upper = [Scalar](repeating: .infinity, count: columns)
    for (activation, bounds) in live {
      for feature in activation.features {
        (lower[feature], upper[feature]) = (Scalar(bounds.lowerBound), Scalar(bounds.upperBound))
      }
    }
    let (output, parts) = (first.output, first.runningElements.filter { !$0.isEmpty })
    guard !parts.isEmpty else { return [] }
    var (low, high) = ([Int](repeating: 0, count: columns), [Int](repeating: 0, count: columns))
    for part in parts {
      let counts = VectorKernels.countBeyond(
        output.span.extracting(part), lower: lower, upper: upper)
      for feature in 0..<columns {
        low[feature] += counts.below[feature]
        high[feature] += counts.above[feature]
      }
    }
    return live.filter { !$0.0.features.isEmpty }.map { activation, _ in
      Saturation(
        layer: activation.layer, type: activation.type, gate: activation.gate,
        nonlinearity: activation.nonlinearity,
        slope: slope, samples: parts.reduce(0) { $0 + $1.count } / columns,
        low: Array(low[activation.features]), high: Array(high[activation.features]))
    }
  }

  private init(
    layer: String, type: String?, gate: String?, nonlinearity: Nonlinearity, slope: Double,
    samples: Int,
    low: [Int], high: [Int]
  ) {
    (self.layer, self.type, self.gate) = (layer, type, gate)
    (self.nonlinearity, self.slope) = (nonlinearity, slope)
    (self.samples, self.low, self.high) = (samples, low, high)
  }

  /// The share of (unit, sample) pairs that is saturated.
  public var share: Double { lowShare + highShare }
  /// The share of (unit, sample) pairs that is saturated on the low side.
  public var lowShare: Double { Double(low.reduce(0, +)) / Double(samples * low.count) }
  /// The share of (unit, sample) pairs that is saturated on the high side.
  public var highShare: Double { Double(high.reduce(0, +)) / Double(samples * high.count) }

  /// The units that are saturated on the low side for more than `share` of the samples: stuck
  /// there, a gate closed.
  public func stuckLow(_ share: Double) -> [Int] { stuck(low, share) }

  /// The units that are saturated on the high side for more than `share` of the samples: stuck
  /// there, a gate open.
  public func stuckHigh(_ share: Double) -> [Int] { stuck(high, share) }

  private func stuck(_ counts: [Int], _ share: Double) -> [Int] {
    counts.indices.filter { Double(counts[$0]) > share * Double(samples) }
  }
}
