internal import BackflowKernels
public import BackflowLinearAlgebra

/// A recurrent network that reads a sequence step by step as it arrives: streaming inference.
///
///     var stream = network.stream(batch: 1)
///     for x in samples { use(stream.step(x)) }       // [B, I] → [B, H]
///
/// It is a copy of the network as it was when the stream began. A step allocates nothing as long as
/// the outputs of earlier steps and the copies of `states` are released; one that is kept is copied first.
public struct RecurrentStream<Cell: RecurrentCell>: Sendable {
  private var layers: [StreamedCell<Cell>]

  /// The state after the last step, one for each layer, from which a later stream may continue.
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

  /// The output of the last layer, [B, H], for the next input, [B, I].
  ///
  /// - Precondition: The input has shape [B, I].
  /// - Complexity: 2·B·G·H·(I + H) flops a layer with G gates.
  public mutating func step(_ input: Tensor<Cell.Scalar>) -> Tensor<Cell.Scalar> {
    layers[0].step(input)
    for layer in layers.indices.dropFirst() { layers[layer].step(layers[layer - 1].hidden) }
    return layers[layers.count - 1].hidden
  }
}

extension Recurrent {
  /// This network, as it is now, made ready to run step by step on `batch` samples.
  ///
  /// - Parameter states: The state of each layer to start from, [B, H] each; zero if `nil`.
  /// - Precondition: The network has one direction (a second one would need the end of the sequence
  ///   first), and the states fit.
  /// - Complexity: One copy of the weights.
  public func stream(batch: Int, from states: [Cell.State]? = nil) -> RecurrentStream<Cell> {
    RecurrentStream(self, from: states ?? zeroState(batch: batch), batch: batch)
  }
}

/// One cell of a stream: passes of one step each, with weights and memory made ready once.
private struct StreamedCell<Cell: RecurrentCell>: Sendable {
  private typealias Scalar = Cell.Scalar
  private let cell: Cell
  /// W_ihᵀ, and W_hhᵀ of the gates that multiply h_{t−1} and of those that multiply what is kept.
  private let inputWeight, recurrentWeight: PackedMatrix<Cell.Scalar>
  private let keptWeight: PackedMatrix<Cell.Scalar>?
  private let bias: Bias<Cell.Scalar>
  private let schedule: BatchSchedule
  /// The gates and what is kept of the step, [B, …].
  private var gates, kept: Tensor<Cell.Scalar>?
  /// h and the second tensor after the last step and, to be computed, after the next, [B, H].
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

  /// Moves the state one step on `input`, [B, I].
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
  /// This tensor [B, F] as a sequence of one step to be filled, after `initial`, [B, F].
  fileprivate mutating func stepView(after initial: Tensor? = nil) -> MutableSequenceView<Scalar> {
    MutableSequenceView(
      &storage, time: 1, batch: shape[0], features: shape[1], after: initial?.storage)
  }

  /// This tensor [B, F] as a sequence of one step to be read.
  fileprivate func readingStepView() -> SequenceView<Scalar> {
    SequenceView(storage, time: 1, batch: shape[0], features: shape[1])
  }
}
