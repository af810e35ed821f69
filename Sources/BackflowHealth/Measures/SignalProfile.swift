public import BackflowKernels
public import BackflowLayers
internal import BackflowLinearAlgebra

/// The length of the backward signal at every layer, relative to the top, and the factors that
/// cause it.
///
///     δ_l = φ′(a_l) ⊙ W_{l+1}ᵀ δ_{l+1}:   ‖x̄_l‖/‖ȳ_l‖ is the factor of layer l
///
/// The product of the factors of layers with weights is the weight factor, that of nonlinearities
/// the activation factor; together with the other layers they give what arrives at the bottom.
public struct SignalProfile: Sendable, Equatable {
  /// One layer of the profile.
  public struct Entry: Sendable, Equatable {
    /// The name of the layer.
    public let layer: String
    /// The type of the layer, such as "Dense", if it is known.
    public var type: String? { layerType?.name }
    /// What the layer does to the signal.
    public let kind: SignalKind
    /// ‖ȳ‖, the gradient that reaches the layer's output
    public let norm: Double
    /// ‖x̄‖/‖ȳ‖
    public let factor: Double
    let layerType: LayerType?
  }

  /// The layers, in the order of the forward pass.
  public let entries: [Entry]
  /// ‖x̄‖ below the first layer.
  public let normBelow: Double

  /// The profile of layers that follow one another; `nil` without layers or without a finite signal
  /// at the top.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public init?<Scalar: RealScalar>(_ signals: [LayerSignal<Scalar>]) {
    entries = signals.map { signal in
      Entry(
        layer: signal.layer, kind: signal.kind, norm: signal.outputNorm,
        factor: signal.outputNorm == 0 ? 0 : signal.inputNorm / signal.outputNorm,
        layerType: signal.layerType)
    }
    guard let top = entries.last, let bottom = entries.first, top.norm > 0, top.norm.isFinite else {
      return nil
    }
    normBelow = bottom.norm * bottom.factor
  }

  /// ‖ȳ_l‖ relative to that of the last layer, for every layer in the order of the forward pass.
  public var relativeNorms: [Double] {
    entries.map { $0.norm / (entries.last?.norm ?? 1) }
  }

  /// The product of the factors of one kind of layer above `layer`, and their number.
  public func factor(_ kind: SignalKind, above layer: Int) -> (product: Double, count: Int) {
    let chosen = entries[(layer + 1)...].filter { $0.kind == kind }
    return (chosen.reduce(1) { $0 * $1.factor }, chosen.count)
  }
}
