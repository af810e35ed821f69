public import BackflowKernels
public import BackflowLinearAlgebra

/// The values that one step of a recurrent cell passes to the next, for a whole batch: the output
/// h, and in some cells a second tensor.
public protocol RecurrentState<Scalar>: Sendable {
  /// The type of the elements.
  associatedtype Scalar: RealScalar

  /// The number of tensors, 1 or 2.
  static var tensorCount: Int { get }

  /// h, [B, H], which is also the output.
  var hidden: Tensor<Scalar> { get }

  /// The second tensor, [B, H], such as c of an LSTM; `nil` if h is the whole state.
  var cellState: Tensor<Scalar>? { get }

  /// The state of these tensors, [B, H] each. `cellState` is `nil` exactly if there is only h.
  init(hidden: Tensor<Scalar>, cellState: Tensor<Scalar>?)
}

extension RecurrentState {
  /// The tensors of the state, [B, H] each, h first.
  public var tensors: [Tensor<Scalar>] { [hidden] + (cellState.map { [$0] } ?? []) }

  /// A state of these tensors, [B, H] each, h first.
  ///
  /// - Precondition: There are `tensorCount` tensors.
  public init(tensors: [Tensor<Scalar>]) {
    require(
      tensors.count == Self.tensorCount,
      "a state of \(Self.tensorCount) tensors cannot be made of \(tensors.count)")
    self.init(hidden: tensors[0], cellState: tensors.count > 1 ? tensors[1] : nil)
  }

  /// Returns a state of zeros, [batch, hiddenSize] each.
  public static func zero(batch: Int, hiddenSize: Int) -> Self {
    let zeros = Tensor<Scalar>.zeros([batch, hiddenSize])
    return Self(hidden: zeros, cellState: tensorCount > 1 ? zeros : nil)
  }

  /// Returns the states of the samples at `indices`, in that order.
  func selectSamples(_ indices: [Int]) -> Self {
    Self(hidden: hidden.selectRows(indices), cellState: cellState?.selectRows(indices))
  }
}

/// Requires that every tensor of this state has shape [batch, hidden].
func requireState<State: RecurrentState>(
  _ state: State, _ what: @autoclosure () -> String, batch: Int, hidden: Int
) {
  // A comparison with a `Shape` would allocate memory.
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
  /// 1, because h is the whole state.
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

  /// 2, for h and c.
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
