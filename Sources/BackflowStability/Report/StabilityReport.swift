public import BackflowKernels
public import BackflowLinearAlgebra

/// What the recurrent layers of a network do to signals and gradients, with how sure each figure
/// is.
///
/// `Stability.report(of:along:)` computes it. A decoded report lacks the matrices of the figures,
/// `lastJacobian` and `recurrentBlocks`, and therefore differs from the original.
public struct StabilityReport: Sendable, Equatable, Codable {
  /// The layers, each direction by itself, in the order of the network.
  public let layers: [LayerStability]

  /// A report of these layers.
  public init(layers: [LayerStability]) { self.layers = layers }

  /// The most severe verdict of the layers, or `nil` without layers: "may explode" before
  /// "undecided" before "must vanish".
  public var verdict: Verdict? {
    let order: [Verdict] = [.mustVanish, .undecided, .mayExplode]
    return layers.map(\.verdict.label).max {
      (order.firstIndex(of: $0) ?? 0) < (order.firstIndex(of: $1) ?? 0)
    }
  }
}

/// What one recurrent layer in one direction does to signals and gradients.
public struct LayerStability: Sendable, Equatable, Codable {
  /// The name of the layer, such as "encoder.weight_hh_l0".
  public let name: String
  /// The kind of the layer.
  public let kind: LayerKind
  /// H, the number of units.
  public let hiddenSize: Int
  /// Where the trajectory was measured, such as "along 500 steps of 3 samples".
  public let setting: String
  /// Whether the layer reads an input; without one, it is zero.
  public let isDriven: Bool
  /// What could not be computed, and why, in sentences.
  public let omissions: [String]
  /// W_hh of a cell with one gate, or `nil`.
  public let weights: MatrixAnalysis?
  /// The blocks of W_hh of a cell with several gates, or `nil`.
  public let gates: [GateStability]?
  /// The Jacobian ∂s_t/∂s_{t−1} of the last step of the first sample, or `nil` if it is too large.
  public let jacobian: MatrixAnalysis?
  /// What the weights prove for all states, or `nil` for equations that the library does not know.
  public let bounds: ContractionReport?
  /// The exponents along the trajectory, or `nil` if there is none.
  public let trajectory: TrajectoryStability?
  /// The exponents of the network that runs on its own predictions, from the end of the first
  /// sample, or `nil` without a read-out, or if the state overflows at once.
  public let closedLoop: TrajectoryStability?
  /// How far a gradient reaches back, or `nil` if there is no trajectory.
  public let horizon: GradientHorizon?
  /// How long a disturbance of the state lasts along the first sample, or `nil` if there is no
  /// trajectory.
  public let recovery: DisturbanceRecovery?
  /// The fixed points under the mean input of the first sample, or under zero input without one, or
  /// `nil` if they were not sought.
  public let fixedPoints: FixedPoints?
  /// How far the figures move when W_ih and W_hh are rounded, along the first sample, or `nil` if
  /// it was not asked for.
  public let rounded: RoundedWeights?
  /// The verdict with its reasons.
  public let verdict: StabilityVerdict
  /// ∂s_t/∂s_{t−1} at the last step of the first sample, [S, S], if `jacobian` describes it. It is
  /// not encoded.
  public internal(set) var lastJacobian: Tensor<Double>?
  /// The blocks of W_hh, [H, H] each, in the order of `gates`, or one that `weights` describes.
  /// They are not encoded, and empty in a decoded report.
  public internal(set) var recurrentBlocks: [Tensor<Double>] = []
}

/// One block of W_hh, [H, H], of a cell with several gates.
public struct GateStability: Sendable, Equatable, Codable {
  /// PyTorch's letter for the gate.
  public let name: String
  /// The block of W_hh.
  public let weights: MatrixAnalysis

  /// Encodes the name among the keys of the analysis.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try weights.encode(to: encoder)
  }

  /// Decodes the name and the analysis from one object.
  public init(from decoder: any Decoder) throws {
    name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name)
    weights = try MatrixAnalysis(from: decoder)
  }

  init(name: String, weights: MatrixAnalysis) { (self.name, self.weights) = (name, weights) }

  private enum CodingKeys: String, CodingKey {
    case name
  }
}

/// A verdict with its reasons.
public struct StabilityVerdict: Sendable, Equatable, Codable {
  /// What follows from the weights for gradients over many steps.
  public let label: Verdict
  /// The reasons, and what was measured beside them, in sentences.
  public let reasons: [String]
}
