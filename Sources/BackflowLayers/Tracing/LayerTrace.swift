public import BackflowKernels
public import BackflowLinearAlgebra

/// The trace of one backward pass of a layer: the gradients on both sides, the units of its
/// nonlinearities, and the traces of the parts of a container.
///
/// The trace shares its tensors with the passes and does not copy them.
public struct LayerTrace<Scalar: RealScalar>: Sendable {
  /// An object, so that a trace is passed on without touching what it holds.
  @usableFromInline final class Contents: Sendable {
    @usableFromInline let path: String
    let type: LayerType
    @usableFromInline let kind: SignalKind?
    @usableFromInline let outputGradient: Tensor<Scalar>
    @usableFromInline let inputGradient: Tensor<Scalar>
    @usableFromInline let input: Tensor<Scalar>?
    @usableFromInline let normalization: NormalizationTrace?
    @usableFromInline let activations: [Activation<Scalar>]
    @usableFromInline let cells: [CellTrace<Scalar>]
    @usableFromInline let parts: [LayerTrace]

    init<L: Layer<Scalar>>(
      _ layer: L, _ path: String, _ outputGradient: Tensor<Scalar>, _ cache: L.Cache,
      _ inputGradient: Tensor<Scalar>, _ cells: [CellTrace<Scalar>], _ parts: [LayerTrace]
    ) {
      (self.path, type, kind) = (path, LayerType(L.self), layer.signalKind)
      (self.outputGradient, self.inputGradient) = (outputGradient, inputGradient)
      (input, normalization) = (layer.input(in: cache), layer.normalization(in: cache))
      activations = layer.activations(in: cache)
      (self.cells, self.parts) = (cells, parts)
    }
  }

  @usableFromInline let contents: Contents

  /// The trace of a layer at `path`, from the results of its backward pass.
  init<L: Layer<Scalar>>(
    _ layer: L, _ path: String, _ outputGradient: Tensor<Scalar>, _ cache: L.Cache,
    inputGradient: Tensor<Scalar>, cells: [CellTrace<Scalar>], parts: [LayerTrace]
  ) {
    contents = Contents(layer, path, outputGradient, cache, inputGradient, cells, parts)
  }

  /// The place of the layer, such as "3.body.0" for a layer whose parameters are called
  /// "3.body.0.weight". It is empty for the model itself.
  @inlinable public var path: String { contents.path }
  /// The type of the layer, whose name is built when it is asked for.
  package var type: LayerType { contents.type }
  /// The type of the layer without generic parameters, such as "Dense".
  public var typeName: String { contents.type.name }
  /// The effect of the layer on the backward signal, or `nil` if it is unknown.
  @inlinable public var kind: SignalKind? { contents.kind }
  /// ȳ: the gradient of the loss with respect to the output.
  @inlinable public var outputGradient: Tensor<Scalar> { contents.outputGradient }
  /// x̄: the gradient of the loss with respect to the input.
  @inlinable public var inputGradient: Tensor<Scalar> { contents.inputGradient }
  /// x, or `nil` if the layer does not provide it.
  @inlinable public var input: Tensor<Scalar>? { contents.input }
  /// The running statistics of a normalization layer.
  @inlinable public var normalization: NormalizationTrace? { contents.normalization }
  /// The units of the layer's nonlinearities.
  @inlinable public var activations: [Activation<Scalar>] { contents.activations }
  /// The cells of a recurrent network, layer by layer, forward cells before backward cells.
  @inlinable public var cells: [CellTrace<Scalar>] { contents.cells }
  /// The parts of a container, in forward order.
  @inlinable public var parts: [LayerTrace] { contents.parts }

  /// Whether `layer` reads what this one returned.
  package func isBelow(_ layer: LayerTrace) -> Bool {
    contents.outputGradient.storage.sharesMemory(with: layer.contents.inputGradient.storage)
  }

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

/// The type of a layer.
package struct LayerType: Sendable, Equatable {
  private let type: any Sendable.Type

  init<L: Layer>(_ type: L.Type) { self.type = type }

  /// The name without generic parameters, such as "Dense" for `Dense<Float>`.
  package var name: String { plainName(type) }

  package static func == (one: LayerType, other: LayerType) -> Bool { one.type == other.type }
}

/// Returns the name of a type without generic parameters, such as "Dense" for `Dense<Float>`.
func plainName(_ type: Any.Type) -> String { String("\(type)".prefix { $0 != "<" }) }
