internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The sequences that a backward pass writes.
struct BackwardSequences<Cell: RecurrentCell> {
  typealias Scalar = Cell.Scalar

  /// ā of a chunk, or of all steps, [entries, B, G·H].
  var gateGradient: Tensor<Scalar>
  /// ū, if it is not ā.
  var productGradient: Tensor<Scalar>?
  /// x̄, [T, B, I]
  var inputGradient: Tensor<Scalar>
  private var hidden: CarriedGradient<Scalar>
  private var cellState: CarriedGradient<Scalar>?
  /// [1, B, scratch·H]
  private var scratch: Tensor<Scalar>?

  init(
    _ cell: Cell, _ finalStateGradient: Cell.State, _ active: ActiveSamples,
    _ chunks: BackwardChunks
  ) {
    let (layout, size) = (Cell.layout, cell.hiddenSize)
    func gates() -> Tensor<Scalar> {
      .sequence(chunks.entries, active.batch, layout.gates * size, active)
    }
    func carried(_ gradient: Tensor<Scalar>) -> CarriedGradient<Scalar> {
      CarriedGradient(gradient, time: chunks.time, traced: chunks.keepsAll)
    }
    gateGradient = gates()
    productGradient = layout.separatesProducts ? gates() : nil
    inputGradient = .sequence(chunks.time, active.batch, cell.inputSize, active)
    hidden = carried(finalStateGradient.hidden)
    cellState = finalStateGradient.cellState.map(carried)
    scratch =
      layout.scratch > 0 ? Tensor(uninitialized: [1, active.batch, layout.scratch * size]) : nil
  }

  /// Returns a pass that writes these sequences, without a chunk.
  mutating func pass(
    of cell: Cell, _ outputGradient: Tensor<Scalar>, _ cache: Cell.Cache, _ chunks: BackwardChunks
  ) -> BackwardPass<Scalar> {
    let (time, layout) = (chunks.time, Cell.layout)
    let (recurrentWeight, keptWeight) = cell.packedRecurrentWeights(transposed: false)
    let a = gateGradient.view(time: time)
    return BackwardPass(
      outputGradient: outputGradient.readingView(), gateGradient: a,
      productGradient: productGradient?.view(time: time) ?? a,
      hiddenGradient: hidden.entries.carryingView(time: time), gates: cache.gates.readingView(),
      hidden: cache.hidden.readingView(after: cache.initialState.hidden),
      recurrentWeight: recurrentWeight,
      cellSpecific: .init(
        cellStateGradient: cellState?.entries.carryingView(time: time),
        cellState: cache.cellState?.readingView(after: cache.initialState.cellState),
        kept: cache.kept?.readingView(), scratch: scratch?.carryingView(time: time),
        keptWeight: keptWeight),
      inputGradient: InputGradient(
        gateGradient: gateGradient.readingView(), inputGradient: inputGradient.view(time: time),
        weight: PackedMatrix(
          cell.weights.input.span, rows: layout.gates * cell.hiddenSize, columns: cell.inputSize)),
      schedule: BatchSchedule(
        cache.active, steps: chunks.length, gates: layout.gates, hiddenSize: cell.hiddenSize))
  }

  /// Returns the gradient with respect to the state before the first step, after the pass.
  func initialStateGradient() -> Cell.State {
    Cell.State(hidden: hidden.initial, cellState: cellState?.initial)
  }

  /// Returns the gradients of each step, after a pass that keeps them.
  func trace(_ outputGradient: Tensor<Scalar>) -> BackwardTrace<Scalar> {
    BackwardTrace(
      outputGradient, productGradient ?? gateGradient,
      states: [hidden.entries] + (cellState.map { [$0.entries] } ?? []))
  }
}
