public import BackflowKernels
public import BackflowLinearAlgebra

/// What one backward pass did in a layer: the gradients on both sides, the units of its
/// nonlinearities, and the same for every part of a container.
///
/// Tensors are shared with the passes, not copied.
public struct LayerTrace<Scalar: RealScalar>: Sendable {
  /// The place of the layer, such as "3.body.0": its parameters are "3.body.0.weight". Empty for
  /// the model itself.
  public let path: String
  /// The type of the layer without its parameters: "Dense".
  public let typeName: String
  /// What the layer does to the signal, or `nil` if it does not say.
  public let kind: SignalKind?
  /// ȳ: the gradient of the loss with respect to the output.
  public let outputGradient: Tensor<Scalar>
  /// x̄: the gradient of the loss with respect to the input.
  public let inputGradient: Tensor<Scalar>
  /// x, if the layer keeps it and says so.
  public let input: Tensor<Scalar>?
  /// The units of the layer's nonlinearities.
  public let activations: [Activation<Scalar>]
  /// The cells of a recurrent network, layer by layer, forward before backward.
  public let cells: [CellTrace<Scalar>]
  /// The parts of a container, in forward order.
  public let parts: [LayerTrace]

  /// The place and the type: "3.body.0 Dense".
  public var name: String { place(path, typeName) }

  /// Whether nothing inside the layer can be seen: it neither says what it does to the signal nor
  /// shows activations, cells or parts.
  public var isOpaque: Bool {
    kind == nil && activations.isEmpty && cells.isEmpty && parts.isEmpty
  }
}

/// What one pass did in a recurrent cell.
public struct CellTrace<Scalar: RealScalar>: Sendable {
  /// The place of the cell, such as "0.l1_reverse".
  public let path: String
  /// The type of the cell without its parameters: "LSTMCell".
  public let typeName: String
  /// Its gates and units at all time steps.
  public let activations: [Activation<Scalar>]
  /// h_1 … h_T, [T, B, H].
  public let output: Tensor<Scalar>
  /// What flowed back, or `nil` if the backward pass was not traced.
  public let backward: BackwardTrace<Scalar>?

  /// The place and the type: "0.l0 LSTMCell".
  public var name: String { place(path, typeName) }
}

private func place(_ path: String, _ typeName: String) -> String {
  path.isEmpty ? typeName : path + " " + typeName
}

/// The type's name without its parameters: "Dense", not "Dense<Float>".
func plainName<T>(_ type: T.Type) -> String { String("\(type)".prefix { $0 != "<" }) }
