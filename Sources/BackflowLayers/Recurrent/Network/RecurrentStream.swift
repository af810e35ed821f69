internal import BackflowKernels
public import BackflowLinearAlgebra

/// A recurrent network that reads a sequence one step at a time, for streaming inference.
///
///     var stream = network.stream(batch: 1)
///     for x in samples { use(stream.step(x)) }       // [B, I] → [B, H]
///
/// The stream has its own copy of the network. A step allocates no memory if the program has
/// released the outputs of earlier steps and the copies of `states`. Otherwise, the step copies
/// them first.
public struct RecurrentStream<Cell: RecurrentCell>: Sendable {
  private var layers: [StreamedCell<Cell>]

  /// The state of each layer after the last step, from which another stream can continue.
  public var states: [Cell.State] { layers.map(\.state) }

  init(_ network: Recurrent<Cell>, from states: [Cell.State], batch: Int) {
    require(network.directionCount == 1, "a bidirectional network cannot run step by step")
    require(
      states.count == network.cells.count,
      "\(states.count) states for \(network.cells.count) layers")
    for state in states {
      requireState(state, "state", batch: batch, hidden: network.hiddenSize)
    }
    layers = zip(network.cells, states).map { StreamedCell($0[0], from: $1, batch: batch) }
  }

  /// Reads the next input, [B, I], and returns the output of the last layer, [B, H].
  ///
  /// - Precondition: The input has shape [B, I].
  /// - Complexity: 2·B·G·H·(I + H) flops for each layer with G gates.
  public mutating func step(_ input: Tensor<Cell.Scalar>) -> Tensor<Cell.Scalar> {
    layers[0].step(input)
    for layer in layers.indices.dropFirst() { layers[layer].step(layers[layer - 1].hidden) }
    return layers[layers.count - 1].hidden
  }
}

extension Recurrent {
  /// Returns a stream that runs a copy of this network one step at a time.
  ///
  /// - Parameters:
  ///   - batch: The number of samples.
  ///   - states: The initial state of each layer, [B, H] each, or `nil` for zeros.
  /// - Precondition: The network has one direction, because a second one would start at the end of
  ///   the sequence. There is one state for each layer.
  /// - Complexity: One copy of the weights.
  public func stream(batch: Int, from states: [Cell.State]? = nil) -> RecurrentStream<Cell> {
    RecurrentStream(self, from: states ?? zeroState(batch: batch), batch: batch)
  }
}

/// One cell of a stream. It packs the weights and allocates memory once, for all steps.
private struct StreamedCell<Cell: RecurrentCell>: Sendable {
  private typealias Scalar = Cell.Scalar
  private let cell: Cell
  /// W_ihᵀ, and the columns of W_hhᵀ for the gates that multiply h_{t−1}.
  private let inputWeight, recurrentWeight: PackedMatrix<Cell.Scalar>
  /// The columns of W_hhᵀ for the gates that multiply the kept numbers.
  private let keptWeight: PackedMatrix<Cell.Scalar>?
  private let bias: Bias<Cell.Scalar>
  private let schedule: BatchSchedule
  /// The gates and the other kept numbers of the step, [B, …].
  private var gates, kept: Tensor<Cell.Scalar>?
  /// h and the second tensor of the state after the last step, and memory for the next step, [B,
  /// H].
  private(set) var hidden, nextHidden: Tensor<Cell.Scalar>
  private var cellState, nextCellState: Tensor<Cell.Scalar>?

  init(_ cell: Cell, from state: Cell.State, batch: Int) {
    let (layout, size) = (Cell.layout, cell.hiddenSize)
    let active = ActiveSamples.all(time: 1, batch: batch)
    self.cell = cell
    inputWeight = PackedMatrix(
      cell.weights.input.span, rows: cell.weights.input.shape[0], columns: cell.inputSize,
      transposed: true)
    (recurrentWeight, keptWeight) = cell.packedRecurrentWeights(transposed: true)
    bias = Bias(tensor: cell.stepBias)
    schedule = BatchSchedule(active, gates: layout.gates, hiddenSize: size)
    gates = layout.gatesBecomeOutput ? nil : .zeros([batch, layout.gates * size])
    kept = layout.kept == 0 ? nil : .zeros([batch, layout.kept * size])
    (hidden, nextHidden) = (state.hidden, .zeros([batch, size]))
    (cellState, nextCellState) = (state.cellState, state.cellState.map { .zeros($0.shape) })
  }

  var state: Cell.State { Cell.State(hidden: hidden, cellState: cellState) }

  /// Updates the state from `input`, [B, I].
  mutating func step(_ input: Tensor<Cell.Scalar>) {
    let batch = schedule.active.batch
    require(
      input.rank == 2 && input.shape[0] == batch && input.shape[1] == cell.inputSize,
      "\(Cell.self): input \(input.shape) instead of [\(batch), \(cell.inputSize)]")
    let h = nextHidden.stepView(after: hidden)
    let gates = gates?.stepView() ?? h
    let x = input.readingStepView()
    schedule.split { samples in
      let t = TimeStep(0, samples)
      inputWeight.multiply(x[t], into: gates[t])
    }
    cell.step(
      ForwardPass(
        gates: gates, hidden: h, recurrentWeight: recurrentWeight, bias: bias,
        cellSpecific: .init(
          cellState: nextCellState?.stepView(after: cellState), kept: kept?.stepView(),
          keptWeight: keptWeight),
        schedule: schedule))
    swap(&hidden, &nextHidden)
    swap(&cellState, &nextCellState)
  }
}

extension Tensor {
  /// Returns a view of this tensor [B, F] as a sequence of one step for writing. `initial`, [B, F],
  /// is the state before the step.
  fileprivate mutating func stepView(after initial: Tensor? = nil) -> MutableSequenceView<Scalar> {
    MutableSequenceView(
      &storage, time: 1, batch: shape[0], features: shape[1], after: initial?.storage)
  }

  /// Returns a view of this tensor [B, F] as a sequence of one step for reading.
  fileprivate func readingStepView() -> SequenceView<Scalar> {
    SequenceView(storage, time: 1, batch: shape[0], features: shape[1])
  }
}
