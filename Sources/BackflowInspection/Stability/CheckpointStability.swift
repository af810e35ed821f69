internal import BackflowKernels
public import BackflowLayers
public import BackflowStability

/// What the recurrent layers of a checkpoint do to signals and gradients.
///
///     let checkpoint = try Checkpoint(contentsOf: "model.pt")
///     let input = try SequenceInput("features", in: Checkpoint(contentsOf: "input.npz"))
///     var random = RandomSource(seed: 1)
///     print(try CheckpointStability(of: checkpoint, along: input, using: &random))
///
/// Recurrent networks are found by the names of their tensors; see `RecurrentWeights`. A file does
/// not state the equations of a cell. Those of PyTorch are assumed, and `assumptions` lists them.
public struct CheckpointStability: Sendable, Equatable, Codable {
  /// The recurrent layers, each direction by itself, in the order of the file. Their names are
  /// those of W_hh.
  public let layers: [LayerStability]
  /// The diagonal recurrences of state-space layers.
  public let stateSpaceLayers: [StateSpaceLayerReport]
  /// What a file does not state and was assumed, in sentences.
  public let assumptions: [String]

  /// What is analyzed, and how.
  public struct Options: Sendable, Equatable {
    /// The name of a network, of a W_hh, or of a square matrix, or `nil` for all recurrent layers.
    /// Another square matrix is that of a vanilla cell without input.
    public var layer: String?
    /// φ of vanilla cells, tanh by default.
    public var nonlinearity: Nonlinearity?
    /// The leak α = Δt/τ of vanilla cells, 1 by default; see `LeakyCell`.
    public var leak: Double?
    /// Where the reset gate of a GRU acts: after the product with W_hh by default, as in PyTorch.
    public var reset: ResetGatePlacement?
    /// The name of the weight [I, H] of a read-out that predicts the next input; the tensor with
    /// `bias` in the place of the last `weight` is its bias, if there is one. See
    /// `Stability.Options.readout`.
    public var readout: String?
    /// What is computed for each network. Names, selection, precision and
    /// read-out are those of the file.
    public var stability = Stability.Options()

    /// The default options.
    public init() {}
  }

  private enum CodingKeys: String, CodingKey {
    case layers, assumptions
    case stateSpaceLayers = "state_space_layers"
  }

  init(
    layers: [LayerStability], stateSpaceLayers: [StateSpaceLayerReport], assumptions: [String]
  ) {
    (self.layers, self.stateSpaceLayers) = (layers, stateSpaceLayers)
    self.assumptions = assumptions
  }

  /// The report of the recurrent layers alone.
  public var report: StabilityReport { StabilityReport(layers: layers) }

  /// The names of the layers with a verdict. A state-space layer with |λ| > 1 may explode; about
  /// another one no verdict is made.
  public func layers(with verdict: Verdict) -> [String] {
    let growing = stateSpaceLayers.filter { layer in
      verdict == .mayExplode && layer.decays.contains { $0.growingCount > 0 }
    }
    return layers.filter { $0.verdict.label == verdict }.map(\.name) + growing.map(\.name)
  }
}

extension CheckpointStability: CustomStringConvertible {
  /// The assumptions, and the report of each layer.
  public var description: String {
    let notes = assumptions.flatMap { $0.wrapped(width: 92) }.joined(separator: "\n")
    return ([notes] + layers.map(\.description) + stateSpaceLayers.map(\.description))
      .filter { !$0.isEmpty }.joined(separator: "\n\n")
  }
}
