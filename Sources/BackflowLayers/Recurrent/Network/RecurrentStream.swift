internal import BackflowKernels
public import BackflowLinearAlgebra

/// A recurrent network that reads a sequence one step at a time, for streaming inference.
///
///     let served = network.prepared()
///     var stream = served.stream(batch: 1)
///     for x in samples { use(stream.step(x)) }       // [B, I] → [B, H]
///     stream.reset()                                 // for the next sequence
///
/// All streams of a prepared network share its weights. A stream itself has only its state, and
/// memory for one step: for an LSTM of one layer, eleven tensors [B, H]. A step allocates no memory
/// if the program has released the outputs of earlier steps and the copies of `states`. Otherwise,
/// the step copies them first.
public struct RecurrentStream<Cell: RecurrentCell>: Sendable {
  private var layers: [StreamedCell<Cell>]
  /// The states from which the stream started.
  private let initialStates: [Cell.State]

  /// The state of each layer after the last step, from which another stream can continue.
  public var states: [Cell.State] { layers.map(\.state) }

  init(_ network: PreparedRecurrent<Cell>, from states: [Cell.State], batch: Int) {
    require(network.directionCount == 1, "a bidirectional network cannot run step by step")
    require(
      states.count == network.cells.count,
      "\(states.count) states for \(network.cells.count) layers")
    for state in states {
      requireState(state, "state", batch: batch, hidden: network.hiddenSize)
    }
    layers = zip(network.cells, states).map { StreamedCell($0[0], from: $1, batch: batch) }
    initialStates = states
  }

  /// Goes back to the states from which this stream started, without allocating memory.
  public mutating func reset() {
    for layer in layers.indices { layers[layer].reset(to: initialStates[layer]) }
  }

  /// Reads the next input, [B, I], and returns the output of the last layer, [B, H].
  ///
  /// - Precondition: The input has shape [B, I].
  /// - Complexity: 2·B·G·H·(I + H) flops for each layer with G gates.
  @specialized(where Cell == VanillaCell<Float>)
  @specialized(where Cell == VanillaCell<Double>)
  @specialized(where Cell == LeakyCell<Float>)
  @specialized(where Cell == LeakyCell<Double>)
  @specialized(where Cell == LSTMCell<Float>)
  @specialized(where Cell == LSTMCell<Double>)
  @specialized(where Cell == GRUCell<Float>)
  @specialized(where Cell == GRUCell<Double>)
  @specialized(where Cell == OriginalGRUCell<Float>)
  @specialized(where Cell == OriginalGRUCell<Double>)
  public mutating func step(_ input: Tensor<Cell.Scalar>) -> Tensor<Cell.Scalar> {
    layers[0].step(input)
    for layer in layers.indices.dropFirst() { layers[layer].step(layers[layer - 1].hidden) }
    return layers[layers.count - 1].hidden
  }
}

extension RecurrentStream {
  /// Reads the next input, [B, I], from outside the program, and returns the output of the last
  /// layer, [B, H]. After an error, the state is that before the call.
  ///
  /// - Throws: `RequestError` if the shape does not fit or an element is not finite.
  public mutating func output(
    for request: Tensor<Cell.Scalar>
  ) throws(RequestError) -> Tensor<Cell.Scalar> {
    let expected = layers[0].inputShape
    try requireRequest(
      request.shape == expected, "\(Recurrent<Cell>.self)", request.shape, "\(expected)")
    try request.requireFiniteRequest()
    return step(request)
  }
}

extension PreparedRecurrent {
  /// Returns a stream that runs this network one step at a time.
  ///
  /// - Parameters:
  ///   - batch: The number of samples.
  ///   - states: The initial state of each layer, [B, H] each, or `nil` for zeros.
  /// - Precondition: The network has one direction, because a second one would start at the end of
  ///   the sequence. There is one state for each layer.
  public func stream(batch: Int, from states: [Cell.State]? = nil) -> RecurrentStream<Cell> {
    RecurrentStream(self, from: states ?? zeroState(batch: batch), batch: batch)
  }
}

extension Recurrent {
  /// Returns a stream that runs a copy of this network one step at a time. Several streams of one
  /// network share its weights if they are made from one `prepared()` network instead.
  ///
  /// - Parameters:
  ///   - batch: The number of samples.
  ///   - states: The initial state of each layer, [B, H] each, or `nil` for zeros.
  /// - Precondition: The network has one direction, because a second one would start at the end of
  ///   the sequence. There is one state for each layer.
  /// - Complexity: One copy of the weights.
  public func stream(batch: Int, from states: [Cell.State]? = nil) -> RecurrentStream<Cell> {
    prepared().stream(batch: batch, from: states)
  }
}

/// One cell of a stream. It allocates memory once, for all steps.
private struct StreamedCell<Cell: RecurrentCell>: Sendable {
  private typealias Scalar = Cell.Scalar
  private let prepared: PreparedCell<Cell>
  private let schedule: BatchSchedule
  /// The gates and the other kept numbers of the step, [B, …].
  private var gates, kept: Tensor<Cell.Scalar>?
  /// h and the second tensor of the state after the last step, and memory for the next step, [B,
  /// H].
  private(set) var hidden, nextHidden: Tensor<Cell.Scalar>
  private var cellState, nextCellState: Tensor<Cell.Scalar>?

  init(_ prepared: PreparedCell<Cell>, from state: Cell.State, batch: Int) {
    let (layout, size) = (Cell.layout, prepared.cell.hiddenSize)
    self.prepared = prepared
    schedule = BatchSchedule(
      .all(time: 1, batch: batch), gates: layout.gates, hiddenSize: size)
    gates = layout.gatesBecomeOutput ? nil : .zeros([batch, layout.gates * size])
    kept = layout.kept == 0 ? nil : .zeros([batch, layout.kept * size])
    (hidden, nextHidden) = (state.hidden, .zeros([batch, size]))
    (cellState, nextCellState) = (state.cellState, state.cellState.map { .zeros($0.shape) })
  }

  /// [B, I]
  var inputShape: Shape { [schedule.active.batch, prepared.cell.inputSize] }

  var state: Cell.State { Cell.State(hidden: hidden, cellState: cellState) }

  /// Continues from `state`, in the same memory.
  mutating func reset(to state: Cell.State) {
    hidden.replaceSlice(0..<hidden.shape[0], with: state.hidden)
    guard let initial = state.cellState else { return }
    cellState?.replaceSlice(0..<initial.shape[0], with: initial)
  }

  /// Updates the state from `input`, [B, I].
  mutating func step(_ input: Tensor<Cell.Scalar>) {
    let (batch, inputs) = (schedule.active.batch, prepared.cell.inputSize)
    require(
      input.rank == 2 && input.shape[0] == batch && input.shape[1] == inputs,
      "\(Cell.self): input \(input.shape) instead of [\(batch), \(inputs)]")
    let h = nextHidden.stepView(after: hidden)
    prepared.cell.step(
      ForwardPass(
        gates: gates?.stepView() ?? h, hidden: h, recurrentWeight: prepared.recurrentWeight,
        bias: prepared.bias,
        projection: InputProjection(
          input: input.readingStepView(), weight: prepared.inputWeight, steps: 1),
        cellSpecific: .init(
          cellState: nextCellState?.stepView(after: cellState), kept: kept?.stepView(),
          keptWeight: prepared.keptWeight),
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
