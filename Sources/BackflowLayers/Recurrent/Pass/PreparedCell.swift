internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A cell with what its forward pass reads: the weights in the layout of the products, and the
/// bias. It is prepared once for a sequence, or once for all requests of a server.
struct PreparedCell<Cell: RecurrentCell>: Sendable {
  typealias Scalar = Cell.Scalar

  let cell: Cell
  /// W_ihᵀ, [I, G·H], and W_hhᵀ of the gates that multiply h_{t−1}.
  let inputWeight, recurrentWeight: PackedMatrix<Cell.Scalar>
  /// W_hhᵀ of the gates that multiply the kept numbers.
  let keptWeight: PackedMatrix<Cell.Scalar>?
  let bias: Bias<Cell.Scalar>

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
  init(_ cell: Cell) {
    cell.weights.check(gates: Cell.layout.gates, of: "\(Cell.self)")
    self.cell = cell
    inputWeight = PackedMatrix(
      cell.weights.input.span, rows: cell.weights.input.shape[0], columns: cell.inputSize,
      transposed: true)
    (recurrentWeight, keptWeight) = cell.packedRecurrentWeights(transposed: true)
    bias = Bias(tensor: cell.stepBias)
  }

  /// Computes all steps of a sequence, and returns the state after the last step of each sample.
  ///
  /// - Parameters:
  ///   - input: x, [T, B, I].
  ///   - state: The state before the first step, [B, H] each.
  ///   - active: The samples that run at each step.
  ///   - sequences: The memory for what is computed.
  /// - Precondition: The arguments have these shapes.
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
  func run(
    _ input: Tensor<Scalar>, from state: Cell.State, _ active: ActiveSamples,
    into sequences: inout CellSequences<Scalar>
  ) -> Cell.State {
    require(
      input.rank == 3 && input.shape[2] == cell.inputSize,
      "\(Cell.self): input \(input.shape) instead of [T, B, \(cell.inputSize)]")
    requireState(
      state, "\(Cell.self): state", batch: input.shape[1], hidden: cell.hiddenSize)
    require(
      active.time == input.shape[0] && active.batch == input.shape[1],
      "\(Cell.self): active samples of [\(active.time), \(active.batch)] for an input"
        + " \(input.shape)")
    let (time, layout) = (active.time, Cell.layout)
    let h = sequences.hidden.view(time: time, after: state.hidden)
    cell.step(
      ForwardPass(
        gates: sequences.gates?.view(time: time) ?? h, hidden: h,
        recurrentWeight: recurrentWeight, bias: bias,
        projection: InputProjection(
          input: input.readingView(), weight: inputWeight, steps: sequences.stepsOfProjection),
        cellSpecific: .init(
          cellState: sequences.cellState?.view(time: time, after: state.cellState),
          kept: sequences.kept?.view(time: time), keptWeight: keptWeight),
        schedule: BatchSchedule(active, gates: layout.gates, hiddenSize: cell.hiddenSize)))
    return Cell.State(
      hidden: active.last(of: sequences.hidden, initial: state.hidden),
      cellState: sequences.cellState.flatMap { sequence in
        state.cellState.map { active.last(of: sequence, initial: $0) }
      })
  }
}

/// The sequences that a forward pass writes: with an entry for each step, which the backward pass
/// reads, or only with as many as later steps read.
struct CellSequences<Scalar: RealScalar>: Sendable {
  /// [T, B, G·H], or `nil` if the gates become the output.
  var gates: Tensor<Scalar>?
  /// [T, B, H]
  var hidden: Tensor<Scalar>
  /// [T, B, H] and [T, B, K·H], if the cell has them.
  var cellState, kept: Tensor<Scalar>?
  let stepsOfProjection: Int

  /// Memory for the passes of a cell of this type.
  ///
  /// - Parameter keepsAll: Whether every step has its own entry. Otherwise only the outputs do, and
  ///   the others are reused, so that the axis T is short.
  init<Cell: RecurrentCell>(
    _ cell: Cell, _ active: ActiveSamples, keepsAll: Bool
  ) where Cell.Scalar == Scalar {
    let (layout, size) = (Cell.layout, cell.hiddenSize)
    let columns = layout.gates * size
    stepsOfProjection = InputProjection<Scalar>.steps(batch: active.batch, columns: columns)
    func sequence(_ columns: Int, entries: Int) -> Tensor<Scalar> {
      .sequence(keepsAll ? active.time : entries, active.batch, columns, active)
    }
    hidden = .sequence(active.time, active.batch, size, active)
    gates = layout.gatesBecomeOutput ? nil : sequence(columns, entries: stepsOfProjection)
    // A step reads the state of the one before.
    cellState = Cell.State.tensorCount > 1 ? sequence(size, entries: 2) : nil
    kept = layout.kept > 0 ? sequence(layout.kept * size, entries: 1) : nil
  }
}
