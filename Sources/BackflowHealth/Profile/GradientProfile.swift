internal import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra
internal import RealModule

/// The lengths of the gradients of one backward pass: at the output and the parameters of each
/// layer, and at each time step of recurrent cells, with the saturated share of the units.
///
///     let (_, gradients, trace) = model.tracedBackward(outputGradient, cache)
///     profiles.append((step, GradientProfile(trace, gradients: gradients)))
///
/// `Codable`, to be kept for some steps of a training, and drawn by `TrainingReport`. All norms are
/// Euclidean, over the whole batch.
public struct GradientProfile: Sendable, Equatable, Codable {
  /// The layers without parts in forward order; the cells of a recurrent network one by one.
  public let layers: [LayerNorms]
  /// The units of nonlinearities that can saturate, in forward order, each gate by itself.
  public let saturations: [SaturatedShare]
  /// The recurrent cells in forward order.
  public let recurrences: [RecurrentNorms]

  /// The lengths of the gradients of one layer.
  public struct LayerNorms: Sendable, Equatable, Codable {
    /// The place and the type of the layer, such as "3.body.0 Dense".
    public let name: String
    /// ‖ȳ‖, of the gradient of the loss with respect to the output of the layer.
    @ExtendedReal public private(set) var output: Double
    /// The norm of the gradients of all parameters of the layer, or `nil` if it has none.
    public var parameters: Double? { parameterNorm?.wrappedValue }
    private let parameterNorm: ExtendedReal?

    init(name: String, output: Double, parameters: Double?) {
      (self.name, self.output) = (name, output)
      parameterNorm = parameters.map { ExtendedReal(wrappedValue: $0) }
    }

    private enum CodingKeys: String, CodingKey {
      case name, output
      case parameterNorm = "parameters"
    }
  }

  /// The shares of the (unit, sample) pairs of one nonlinearity that are saturated, from 0 to 1.
  public struct SaturatedShare: Sendable, Equatable, Codable {
    /// The place and the type of the layer, such as "0.l0 LSTMCell".
    public let name: String
    /// The gate of a gated cell, or `nil`.
    public let gate: String?
    /// The share on the low side, near 0 or −1. NaN if an output of the layer is not finite.
    @ExtendedReal public private(set) var low: Double
    /// The share on the high side, near 1. NaN if an output of the layer is not finite.
    @ExtendedReal public private(set) var high: Double

    init(name: String, gate: String?, low: Double, high: Double) {
      (self.name, self.gate, self.low, self.high) = (name, gate, low, high)
    }
  }

  /// The lengths of the gradients of one recurrent cell at each time step.
  public struct RecurrentNorms: Sendable, Equatable, Codable {
    /// The place and the type of the cell, such as "0.l0 LSTMCell".
    public let name: String
    /// ‖∂L/∂s_t‖ for t = 1 … T, T numbers, in the order of time of the cell: of the whole state
    /// after step t, with what the layers above and all later steps contribute. For a sample that
    /// has ended, it is the gradient with respect to its final state.
    @ExtendedReals public private(set) var states: [Double]

    init(name: String, states: [Double]) { (self.name, self.states) = (name, states) }
  }

  /// The profile of a backward pass.
  ///
  /// - Parameters:
  ///   - trace: The trace that `tracedBackward` returned.
  ///   - gradients: The gradients of the same pass, before clipping.
  ///   - slope: φ′/max φ′ below which a unit is saturated for a sample.
  /// - Complexity: A few passes over the gradients and the outputs of nonlinearities, O(T·B·H) for
  ///   a recurrent cell, which is little beside the backward pass.
  public init<Model: Layer>(
    _ trace: LayerTrace<Model.Scalar>, gradients: Model,
    saturatedSlope slope: Double = Thresholds().saturatedSlope
  ) {
    let parameters = ParameterNorms(gradients)
    let leaves = trace.leaves
    layers = leaves.flatMap { leaf in
      leaf.cells.isEmpty
        ? [LayerNorms(leaf, parameters)] : leaf.cells.map { LayerNorms($0, of: leaf, parameters) }
    }
    let activations = leaves.flatMap(\.observedActivations)
    let notFinite = Set(activations.filter { !$0.output.isFinite }.map(\.layer))
    saturations = Saturation.all(of: activations, slope: slope).map {
      notFinite.contains($0.layer)
        ? SaturatedShare(name: $0.layer, gate: $0.gate, low: .nan, high: .nan)
        : SaturatedShare(name: $0.layer, gate: $0.gate, low: $0.lowShare, high: $0.highShare)
    }
    recurrences = leaves.flatMap(\.cells).compactMap { cell in
      cell.backward.map { RecurrentNorms(name: cell.name, states: $0.stateNorms) }
    }
  }
}

extension GradientProfile.LayerNorms {
  fileprivate init<Scalar: RealScalar>(_ layer: LayerTrace<Scalar>, _ parameters: ParameterNorms) {
    self.init(
      name: layer.name, output: VectorKernels.norm(layer.outputGradient.span),
      parameters: parameters.norm(ofLayer: layer.path))
  }

  fileprivate init<Scalar: RealScalar>(
    _ cell: CellTrace<Scalar>, of layer: LayerTrace<Scalar>, _ parameters: ParameterNorms
  ) {
    let output = cell.backward?.outputGradient ?? layer.outputGradient
    self.init(
      name: cell.name, output: VectorKernels.norm(output.span),
      parameters: parameters.norm(ofCell: cell.path, in: layer.path))
  }
}

extension LayerTrace {
  /// The layers without parts, in forward order.
  fileprivate var leaves: [LayerTrace] { parts.isEmpty ? [self] : parts.flatMap(\.leaves) }

  /// The units of the cells, or those of the layer itself.
  fileprivate var observedActivations: [ObservedActivation<Scalar>] {
    func observed(_ activations: [Activation<Scalar>], _ name: String)
      -> [ObservedActivation<Scalar>]
    {
      activations.map {
        ObservedActivation(layer: name, layerType: nil, activation: $0, network: 0)
      }
    }
    return cells.flatMap { observed($0.activations, $0.name) } + observed(activations, name)
  }
}

extension BackwardTrace {
  /// ‖∂L/∂s_t‖ for t = 1 … T, over all tensors of the state.
  fileprivate var stateNorms: [Double] {
    // ∂L/∂h_t is what the layers above contribute, and what comes from later steps.
    let time = outputGradient.shape[0]
    guard let first = stateGradients.first else { return [] }
    let hidden = outputGradient + first[1..<time + 1]
    let others = stateGradients.dropFirst().map { $0[1..<time + 1] }
    return (0..<time).map { t in
      ([hidden] + others).reduce(0) { .hypot($0, VectorKernels.norm($1[t..<t + 1].span)) }
    }
  }
}
