internal import BackflowKernels

/// What can be said of a diagonal recurrence, without the numbers of its single channels.
public struct StateSpaceLayerReport: Sendable, Codable, Equatable {
  /// The start that the names of the tensors have in common.
  public let name: String
  /// The kind of the recurrence.
  public let kind: StateSpaceKind
  /// The names of the tensors that set λ, first that of the rates.
  public let tensors: [String]
  /// The extents of λ: [channels] or [channels, states].
  public let shape: [Int]
  /// PyTorch's name of the least precise type of the tensors.
  public let type: String
  /// The largest 1 − |λ| that counts as zero; see `StateSpaceLayer.tolerance`.
  public let tolerance: Double
  /// |λ| under one or more conditions, or none if it is unknown.
  public let decays: [Decay]
  /// What follows for the growth of signals and gradients.
  public let consequence: String

  /// The distribution of |λ| over the channels under one condition on the input.
  public struct Decay: Sendable, Codable, Equatable {
    /// The condition, such as "r = 1", or "always" if λ does not depend on the input.
    public let condition: String
    /// The smallest |λ|, the lower quartile, the median, the upper quartile, and the largest |λ|,
    /// or none if |λ| is undefined for all channels.
    public let modulus: [Double]
    /// The numbers of steps after which the factor 10⁻⁶ is lost, for the five |λ|; `nil` for |λ| ≥
    /// 1.
    public let horizon: [Double?]
    /// The number of channels whose |λ| is 1 within the tolerance.
    public let countAtOne: Int
    /// The number of channels with |λ| < 10⁻⁶.
    public let deadCount: Int
    /// The number of channels with |λ| > 1.
    public let growingCount: Int
    /// The number of channels whose |λ| is undefined, because a parameter is NaN or infinite.
    public let undefinedCount: Int

    private enum CodingKeys: String, CodingKey {
      case condition, modulus, horizon
      case countAtOne = "count_at_one"
      case deadCount = "dead_count"
      case growingCount = "growing_count"
      case undefinedCount = "undefined_count"
    }
  }

  /// Summarizes a layer.
  ///
  /// - Complexity: That of sorting the channels.
  public init(of layer: StateSpaceLayer) {
    (name, kind, tensors) = (layer.name, layer.kind, layer.tensors)
    (shape, type, tolerance) = (layer.shape, layer.type, layer.tolerance)
    decays = layer.decays.map { Decay($0, tolerance: layer.tolerance) }
    consequence = layer.consequence
  }
}

extension StateSpaceLayerReport.Decay {
  fileprivate init(_ decay: StateSpaceLayer.Decay, tolerance: Double) {
    let exponents = decay.exponents.compactMap(\.self).sorted()
    // Elements rather than interpolations, so that the five horizons are those of the five |λ|.
    let five = exponents.isEmpty ? [] : (0...4).map { exponents[(exponents.count - 1) * $0 / 4] }
    condition = decay.condition
    modulus = five.map(StateSpaceLayer.modulus)
    horizon = five.map(StateSpaceLayer.horizon)
    countAtOne = decay.channelsAtOne(within: tolerance).count
    deadCount = decay.deadChannels.count
    growingCount = decay.growingChannels.count
    undefinedCount = decay.exponents.count - exponents.count
  }
}

extension StateSpaceLayer {
  /// What follows for the growth of signals and gradients, in one or more sentences.
  public var consequence: String {
    guard !decays.isEmpty else {
      return "|λ| is unknown, because a tensor is missing or does not fit."
    }
    let growing = decays.map(\.growingChannels.count).max() ?? 0
    if growing > 0 {
      return "The recurrence itself explodes: \(growing) of \(channelCount) channels have |λ| > 1."
    }
    if decays.contains(where: { $0.exponents.contains(nil) }) {
      return "Nothing follows for the channels whose parameters are NaN or infinite."
    }
    let cannot = "The recurrence itself cannot explode, because no |λ| is above 1"
    return switch kind {
    case .mamba, .mamba2:
      cannot + " for any input. If a signal grows, look at B, C and Δ. Δ depends on the input: the"
        + " exponent of a channel is A times the mean of Δ, and the figures are for Δ at zero input."
    case .rgLRU:
      cannot + " for any input. If a signal grows, look at the input gate and at what reads the"
        + " state. The exponent of a channel is 8 ln a times the mean of the gate r, which lies"
        + " between 0 and 1."
    case .lru, .s4d, .s5:
      cannot + ". The exponents are the ln |λ|. If a signal grows, look at B and C."
    }
  }
}
