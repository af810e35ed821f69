internal import BackflowKernels
public import BackflowLinearAlgebra

/// A cell that runs step by step, without a cache. It holds its weights packed and its own scratch
/// memory, so that a step allocates nothing.
public protocol RecurrentStepper<State>: Sendable {
  /// The state that it moves.
  associatedtype State: RecurrentState

  /// Moves `state`, [B, H] each, one step on the input [B, I]. The output is `state.hidden`, [B, H]. Stops
  /// at other shapes.
  mutating func step(_ input: Tensor<State.Scalar>, _ state: inout State)
}

extension RecurrentStepper {
  /// Stops unless input [B, I] and state fit the packed weights [I, G·H] and [H, G·H].
  func requireStep<Scalar: RealScalar>(
    _ input: Tensor<Scalar>, _ state: State, fits inputWeight: PackedMatrix<Scalar>,
    _ recurrentWeight: PackedMatrix<Scalar>, batch: Int
  ) where State.Scalar == Scalar {
    require(
      input.rank == 2 && input.shape[0] == batch && input.shape[1] == inputWeight.rows,
      "\(Self.self): input \(input.shape) instead of [\(batch), \(inputWeight.rows)]")
    let hidden = state.hidden
    require(
      hidden.rank == 2 && hidden.shape[0] == batch && hidden.shape[1] == recurrentWeight.rows,
      "\(Self.self): state \(hidden.shape) instead of [\(batch), \(recurrentWeight.rows)]")
  }
}

extension PackedMatrix {
  /// Wᵀ of a weight W, [outputs, inputs].
  static func transposed(_ weight: Tensor<S>) -> PackedMatrix {
    PackedMatrix(
      weight.span, rows: weight.shape[0], columns: weight.shape[1], transposed: true)
  }
}

/// A recurrent network that reads a sequence step by step as it comes: streaming inference.
///
///     var stream = network.stream(batch: 1)
///     for x in samples { use(stream.step(x)) }       // [B, I] → [B, H]
///
/// It is a copy of the network as it was when the stream began. A step allocates nothing as long as
/// the outputs of earlier steps and the copies of `states` are gone; one that is kept is copied first.
public struct RecurrentStream<Cell: RecurrentCell>: Sendable {
  /// The state after the last step, one for each layer: where a later stream may go on.
  public private(set) var states: [Cell.State]
  private var steppers: [Cell.Stepper]

  init(_ network: Recurrent<Cell>, from states: [Cell.State], batch: Int) {
    require(network.directionCount == 1, "a bidirectional network cannot run step by step")
    require(
      states.count == network.cells.count,
      "\(states.count) states for \(network.cells.count) layers")
    for state in states {
      requireState(state, "state", batch: batch, hidden: network.hiddenSize)
    }
    self.states = states
    steppers = network.cells.map { $0[0].stepper(batch: batch) }
  }

  /// The output of the last layer, [B, H], for the next input, [B, I]. Stops at another shape.
  ///
  /// Cost: 2·B·G·H·(I + H) flops a layer with G gates.
  public mutating func step(_ input: Tensor<Cell.Scalar>) -> Tensor<Cell.Scalar> {
    steppers[0].step(input, &states[0])
    for layer in steppers.indices.dropFirst() {
      steppers[layer].step(states[layer - 1].hidden, &states[layer])
    }
    return states[states.count - 1].hidden
  }
}

extension Recurrent {
  /// This network, as it is now, made ready to run step by step on `batch` samples, from one state
  /// for each layer, [B, H] each, zero if `nil`. Cost: one copy of the weights.
  ///
  /// Stops for a bidirectional network, which would have to see the end first, and at states that do
  /// not fit.
  public func stream(batch: Int, from states: [Cell.State]? = nil) -> RecurrentStream<Cell> {
    RecurrentStream(self, from: states ?? zeroState(batch: batch), batch: batch)
  }
}
