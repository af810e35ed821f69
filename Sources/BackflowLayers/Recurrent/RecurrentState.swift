public import BackflowKernels
public import BackflowLinearAlgebra

/// What a recurrent cell hands from step to step, for a whole batch: its output h, and for some cells
/// one more tensor.
public protocol RecurrentState<Scalar>: Sendable {
  /// The element of the tensors.
  associatedtype Scalar: RealScalar

  /// How many tensors there are, 1 or 2.
  static var tensorCount: Int { get }

  /// h, [B, H]: the part of the state that is the output.
  var hidden: Tensor<Scalar> { get }

  /// The second tensor, [B, H], such as c of an LSTM; `nil` if h is the whole state.
  var cellState: Tensor<Scalar>? { get }

  /// The state of these tensors, [B, H] each. `cellState` is `nil` exactly if there is only h.
  init(hidden: Tensor<Scalar>, cellState: Tensor<Scalar>?)
}

extension RecurrentState {
  /// The tensors of the state, [B, H] each, h first.
  public var tensors: [Tensor<Scalar>] { [hidden] + (cellState.map { [$0] } ?? []) }

  /// The state of these tensors, [B, H] each, h first.
  ///
  /// - Precondition: There are as many as the state has.
  public init(tensors: [Tensor<Scalar>]) {
    require(
      tensors.count == Self.tensorCount,
      "a state of \(Self.tensorCount) tensors cannot be made of \(tensors.count)")
    self.init(hidden: tensors[0], cellState: tensors.count > 1 ? tensors[1] : nil)
  }

  /// The state in which every element is zero, [batch, hiddenSize] each.
  public static func zero(batch: Int, hiddenSize: Int) -> Self {
    let zeros = Tensor<Scalar>.zeros([batch, hiddenSize])
    return Self(hidden: zeros, cellState: tensorCount > 1 ? zeros : nil)
  }

  /// The state of the samples at `indices`, in that order.
  func selectSamples(_ indices: [Int]) -> Self {
    Self(hidden: hidden.selectRows(indices), cellState: cellState?.selectRows(indices))
  }
}

/// Requires that every tensor of this state has shape [batch, hidden].
func requireState<State: RecurrentState>(
  _ state: State, _ what: @autoclosure () -> String, batch: Int, hidden: Int
) {
  // Extent by extent: a shape to compare with would have to be allocated.
  func check(_ tensor: Tensor<State.Scalar>) {
    require(
      tensor.rank == 2 && tensor.shape[0] == batch && tensor.shape[1] == hidden,
      "\(what()) \(tensor.shape) instead of [\(batch), \(hidden)]")
  }
  check(state.hidden)
  if let cellState = state.cellState { check(cellState) }
}

/// The state of a vanilla RNN and of a GRU is h itself, [B, H].
extension Tensor: RecurrentState {
  /// 1: h is the whole state.
  public static var tensorCount: Int { 1 }
  /// The tensor itself.
  public var hidden: Tensor { self }
  /// There is no second tensor.
  public var cellState: Tensor? { nil }

  /// The state h.
  ///
  /// - Precondition: `cellState` is `nil`.
  public init(hidden: Tensor, cellState: Tensor?) {
    require(cellState == nil, "the state of this cell is h alone")
    self = hidden
  }
}

/// The state of an LSTM.
public struct LSTMState<Scalar: RealScalar>: RecurrentState, Equatable {
  /// h, [B, H]
  public var hidden: Tensor<Scalar>
  /// c, [B, H]
  public var cell: Tensor<Scalar>

  /// A state from h and c, [B, H] each.
  public init(hidden: Tensor<Scalar>, cell: Tensor<Scalar>) {
    (self.hidden, self.cell) = (hidden, cell)
  }

  /// 2: h and c.
  public static var tensorCount: Int { 2 }
  /// c
  public var cellState: Tensor<Scalar>? { cell }

  /// A state from h and c.
  ///
  /// - Precondition: `cellState` is not `nil`.
  public init(hidden: Tensor<Scalar>, cellState: Tensor<Scalar>?) {
    guard let cellState else { stop("the state of an LSTM is h and c") }
    self.init(hidden: hidden, cell: cellState)
  }
}
