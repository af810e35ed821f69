public import BackflowKernels
public import BackflowLinearAlgebra

/// What a recurrent cell hands from step to step, for a whole batch.
public protocol RecurrentState<Scalar>: Sendable {
  /// The element of the tensors.
  associatedtype Scalar: RealScalar

  /// h, [B, H]: the part of the state that is the output.
  var hidden: Tensor<Scalar> { get }

  /// The tensors of the state, [B, H] each, h first.
  var tensors: [Tensor<Scalar>] { get }

  /// The state made of these tensors, [B, H] each, in the same order. Stops at another number of them.
  init(tensors: [Tensor<Scalar>])

  /// The state zero, [batch, hiddenSize] each.
  static func zero(batch: Int, hiddenSize: Int) -> Self
}

extension RecurrentState {
  /// The state of the samples at `indices`, in that order.
  func gather(_ indices: [Int]) -> Self { Self(tensors: tensors.map { $0.selectRows(indices) }) }
}

/// Stops unless every tensor of this state is [batch, hidden].
func requireState<State: RecurrentState>(
  _ state: State, _ what: @autoclosure () -> String, batch: Int, hidden: Int
) {
  for tensor in state.tensors {
    // Extent by extent: a shape to compare with would have to be allocated.
    require(
      tensor.rank == 2 && tensor.shape[0] == batch && tensor.shape[1] == hidden,
      "\(what()) \(tensor.shape) instead of [\(batch), \(hidden)]")
  }
}

/// The state of a vanilla RNN and of a GRU is h itself, [B, H].
extension Tensor: RecurrentState {
  /// The tensor itself.
  public var hidden: Tensor { self }

  /// The tensor alone.
  public var tensors: [Tensor] { [self] }

  /// The one tensor. Stops unless there is one.
  public init(tensors: [Tensor]) {
    require(tensors.count == 1, "a state of one tensor cannot be made of \(tensors.count)")
    self = tensors[0]
  }

  /// All zero, [B, H].
  public static func zero(batch: Int, hiddenSize: Int) -> Tensor { .zeros([batch, hiddenSize]) }
}

/// The state of an LSTM.
public struct LSTMState<Scalar: RealScalar>: RecurrentState, Equatable {
  /// h, [B, H]
  public var hidden: Tensor<Scalar>
  /// c, [B, H]
  public var cell: Tensor<Scalar>

  /// A state from h and c, [B, H] each.
  public init(hidden: Tensor<Scalar>, cell: Tensor<Scalar>) {
    self.hidden = hidden
    self.cell = cell
  }

  /// h and c.
  public var tensors: [Tensor<Scalar>] { [hidden, cell] }

  /// h and c, in this order. Stops unless there are two.
  public init(tensors: [Tensor<Scalar>]) {
    require(tensors.count == 2, "a state of two tensors cannot be made of \(tensors.count)")
    self.init(hidden: tensors[0], cell: tensors[1])
  }

  /// All zero, [B, H] each.
  public static func zero(batch: Int, hiddenSize: Int) -> LSTMState {
    LSTMState(hidden: .zeros([batch, hiddenSize]), cell: .zeros([batch, hiddenSize]))
  }
}
