public import BackflowCheckpoints
internal import RealModule

/// A diagonal recurrence, h_t = λ ⊙ h_{t−1} + …, as the parameters of a state-space layer set it.
///
/// The Lyapunov exponents of such a recurrence are the numbers ln |λ|, which the equations of all
/// kinds but S5 keep below zero. The recurrence itself can therefore neither amplify a state nor a
/// gradient. What can is what drives and reads it: B, C, and the dependence of Δ on the input.
///
///     for layer in try StateSpaceLayer.all(in: checkpoint) { print(layer) }
public struct StateSpaceLayer: Sendable, Codable, Equatable {
  /// The start that the names of the tensors have in common.
  public let name: String
  /// The kind of the recurrence.
  public let kind: StateSpaceKind
  /// The names of the tensors that set λ: first that of the rates, then those of the steps and of
  /// the phases, if there are any.
  public let tensors: [String]
  /// The extents of λ: [channels] or [channels, states].
  public let shape: [Int]
  /// PyTorch's name of the least precise type of the tensors.
  public let type: String
  /// The largest 1 − |λ| that counts as zero: 10⁻⁷, or a quarter of the machine epsilon of `type`
  /// if that is larger. A |λ| within this distance of 1 is 1 in the arithmetic of that type.
  public let tolerance: Double
  /// |λ| under one or more conditions, or none if a tensor is missing or has a wrong shape.
  public let decays: [Decay]
  /// arg λ for each channel in row-major order, in radians in a step, without reduction to a turn.
  /// The list is empty for a real λ. Elements are `nil` where a parameter is not finite.
  public let phases: [Double?]
  /// Decays of the wrong sign, elements that are NaN or infinite, and tensors that are missing or
  /// do not fit.
  public let findings: [CheckpointFinding]

  /// |λ| for each channel under one condition on the input.
  public struct Decay: Sendable, Codable, Equatable {
    /// The condition, such as "r = 1", or "always" if λ does not depend on the input.
    public let condition: String
    /// ln |λ| for each channel in row-major order, in nats per step. The elements are limited to
    /// the range of finite doubles, and `nil` where a parameter is not finite.
    public let exponents: [Double?]
  }

  /// Reads the parameters of all diagonal recurrences of a checkpoint, which are recognized by the
  /// names and shapes of their tensors under any prefix; see `StateSpaceKind`. Gradients and
  /// moments beside a parameter are left out.
  ///
  /// - Throws: `CheckpointError` if a tensor cannot be read.
  /// - Complexity: That of reading the parameters. The layers keep 16 bytes for each channel and
  ///   condition.
  public static func all(in checkpoint: Checkpoint) throws(CheckpointError) -> [StateSpaceLayer] {
    var layers: [StateSpaceLayer] = []
    for parameters in StateSpaceParameters.all(in: checkpoint) {
      layers.append(try StateSpaceLayer(parameters))
    }
    return layers
  }

  /// Reads the parameters.
  ///
  /// - Throws: `CheckpointError` if a tensor cannot be read.
  init(_ parameters: StateSpaceParameters) throws(CheckpointError) {
    let named = [parameters.rate] + [parameters.step, parameters.phase].compactMap(\.self)
    let values = try StateSpaceValues(parameters)
    (name, kind, tensors) = (parameters.network, parameters.kind, named.map(\.name))
    let coarsest = named.map(\.tensor.type).max { $0.precision < $1.precision }
    type = (coarsest ?? parameters.rate.tensor.type).rawValue
    tolerance = max(1e-7, (coarsest?.precision ?? 0) / 4)
    shape = values.shape
    (decays, phases, findings) = (values.decays, values.phases, values.findings)
  }

  /// The number of channels, which is that of all states of a layer with several for each channel.
  public var channelCount: Int { shape.reduce(1, *) }
}

extension StateSpaceLayer.Decay {
  /// |λ| for each channel, limited to the range of finite doubles.
  public var moduli: [Double?] { exponents.map { $0.map(StateSpaceLayer.modulus) } }

  /// The number of steps after which a state or a gradient has lost the factor 10⁻⁶, ln 10⁶ / −ln
  /// |λ|, for each channel; `nil` where |λ| ≥ 1 or undefined.
  public var horizons: [Double?] { exponents.map { $0.flatMap(StateSpaceLayer.horizon) } }

  /// The channels for which 1 − |λ| is within `tolerance` of zero: what they hold neither fades nor
  /// grows.
  public func channelsAtOne(within tolerance: Double) -> [Int] {
    channels { (1 - tolerance...1 + tolerance).contains(StateSpaceLayer.modulus($0)) }
  }

  /// The channels with |λ| < 10⁻⁶, which forget everything within a step.
  public var deadChannels: [Int] { channels { StateSpaceLayer.modulus($0) < 1e-6 } }

  /// The channels with |λ| > 1, which grow without bound.
  public var growingChannels: [Int] { channels { $0 > 0 } }

  private func channels(_ condition: (Double) -> Bool) -> [Int] {
    exponents.indices.filter { exponents[$0].map(condition) ?? false }
  }
}

extension StateSpaceLayer {
  /// |λ| for an exponent.
  static func modulus(_ exponent: Double) -> Double {
    min(.exp(exponent), .greatestFiniteMagnitude)
  }

  /// The number of steps after which the factor 10⁻⁶ is lost.
  static func horizon(_ exponent: Double) -> Double? {
    exponent < 0 ? min(.log(1e6) / -exponent, .greatestFiniteMagnitude) : nil
  }
}
