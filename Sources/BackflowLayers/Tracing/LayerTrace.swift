public import BackflowKernels
public import BackflowLinearAlgebra

/// The trace of one backward pass of a layer: the gradients on both sides, the units of its
/// nonlinearities, and the traces of the parts of a container.
///
/// The trace shares its tensors with the passes and does not copy them.
public struct LayerTrace<Scalar: RealScalar>: Sendable {
  /// The place of the layer, such as "3.body.0" for a layer whose parameters are called
  /// "3.body.0.weight". It is empty for the model itself.
  public let path: String
  /// The type of the layer without generic parameters, such as "Dense".
  public let typeName: String
  /// The effect of the layer on the backward signal, or `nil` if it is unknown.
  public let kind: SignalKind?
  /// ȳ: the gradient of the loss with respect to the output.
  public let outputGradient: Tensor<Scalar>
  /// x̄: the gradient of the loss with respect to the input.
  public let inputGradient: Tensor<Scalar>
  /// x, or `nil` if the layer does not provide it.
  public let input: Tensor<Scalar>?
  /// The running statistics of a normalization layer.
  public let normalization: NormalizationTrace?
  /// The units of the layer's nonlinearities.
  public let activations: [Activation<Scalar>]
  /// The cells of a recurrent network, layer by layer, forward cells before backward cells.
  public let cells: [CellTrace<Scalar>]
  /// The parts of a container, in forward order.
  public let parts: [LayerTrace]

  /// The place, or the type for the model itself: "3.body.0".
  public var place: String { path.isEmpty ? typeName : path }

  /// The place and the type, such as "3.body.0 Dense".
  public var name: String { named(path, typeName) }

  /// Whether an observer cannot see inside the layer: its effect on the signal is unknown, and it
  /// has no activations, cells or parts.
  public var isOpaque: Bool {
    kind == nil && activations.isEmpty && cells.isEmpty && parts.isEmpty
  }
}

/// The trace of one recurrent cell in a pass.
public struct CellTrace<Scalar: RealScalar>: Sendable {
  /// The place of the cell, such as "0.l1_reverse".
  public let path: String
  /// The type of the cell without generic parameters, such as "LSTMCell".
  public let typeName: String
  /// The gates and units at all time steps.
  public let activations: [Activation<Scalar>]
  /// h_1 … h_T, [T, B, H].
  public let output: Tensor<Scalar>
  /// The number of samples that run at each step.
  public let running: ActiveSamples
  /// Returns the derivative of a step for a sample; see `RecurrentCell.linearized`.
  public let linearized: @Sendable (_ step: Int, _ sample: Int) -> LinearizedStep<Scalar>
  /// The gradients at each step, or `nil` if the backward pass was not traced.
  public let backward: BackwardTrace<Scalar>?

  /// The place and the type, such as "0.l0 LSTMCell".
  public var name: String { named(path, typeName) }
}

private func named(_ path: String, _ typeName: String) -> String {
  path.isEmpty ? typeName : path + " " + typeName
}

/// Returns the name of a type without generic parameters, such as "Dense" for `Dense<Float>`.
func plainName<T>(_ type: T.Type) -> String { String("\(type)".prefix { $0 != "<" }) }
