public import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

/// One recurrent cell that reads an input, as a recurrence of its state (h, c …).
///
/// The state has the tensors of the cell's state one after another: h [H], and in an LSTM c [H].
public struct CellRecurrence<Cell: RecurrentCell<Double>>: Recurrence {
  /// The cell.
  public let cell: Cell
  private let input: Input
  /// s_0, [S].
  public let initialState: Tensor<Double>

  private enum Input: Sendable {
    case sequence(Tensor<Double>)
    case constant(Tensor<Double>)
  }

  /// A cell that reads a sequence.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - sequence: The input of one sample, [T, I].
  ///   - initialState: s_0, [S], or `nil` for zero.
  /// - Precondition: The arguments have these shapes.
  public init(
    _ cell: Cell, reading sequence: Tensor<Double>, from initialState: Tensor<Double>? = nil
  ) {
    require(
      sequence.rank == 2 && sequence.shape[1] == cell.inputSize,
      "CellRecurrence: a sequence \(sequence.shape) instead of [T, \(cell.inputSize)]")
    self.init(cell, .sequence(sequence), initialState)
  }

  /// A cell that reads the same input at every step, or zero.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - input: The input, [I], or `nil` for zero.
  ///   - initialState: s_0, [S], or `nil` for zero.
  /// - Precondition: The arguments have these shapes.
  public init(
    _ cell: Cell, constantInput input: Tensor<Double>? = nil,
    from initialState: Tensor<Double>? = nil
  ) {
    let input = input ?? .zeros([cell.inputSize])
    require(
      input.shape == [cell.inputSize],
      "CellRecurrence: an input \(input.shape) instead of [\(cell.inputSize)]")
    self.init(cell, .constant(input), initialState)
  }

  private init(_ cell: Cell, _ input: Input, _ initialState: Tensor<Double>?) {
    let state = initialState ?? .zeros([cell.stateSize])
    require(
      state.shape == [cell.stateSize],
      "CellRecurrence: an initial state \(state.shape) instead of [\(cell.stateSize)]")
    (self.cell, self.input, self.initialState) = (cell, input, state)
  }

  /// Returns the recurrence of another cell with the same input and initial state.
  ///
  /// - Precondition: The cells have the same sizes.
  public func replacing(_ other: Cell) -> CellRecurrence {
    require(
      other.inputSize == cell.inputSize && other.hiddenSize == cell.hiddenSize,
      "CellRecurrence: a cell of \(other.inputSize) inputs and \(other.hiddenSize) units instead of"
        + " \(cell.inputSize) and \(cell.hiddenSize)")
    return CellRecurrence(other, input, initialState)
  }

  /// S
  public var stateSize: Int { cell.stateSize }

  /// The elements of h.
  public var outputRange: Range<Int> { 0..<cell.hiddenSize }

  /// T, or `nil` for a constant input.
  public var stepLimit: Int? {
    guard case .sequence(let sequence) = input else { return nil }
    return sequence.shape[0]
  }

  /// The mean input over all steps, [I].
  var meanInput: Tensor<Double> {
    switch input {
    case .sequence(let sequence): sequence.mean(axis: 0)
    case .constant(let input): input
    }
  }

  /// The input of step 0, [I].
  var firstInput: Tensor<Double> {
    switch input {
    case .sequence(let sequence): sequence.select(0)
    case .constant(let input): input
    }
  }

  /// Returns the states after the steps, [B, S].
  public func advance(_ states: Tensor<Double>, through steps: Range<Int>) -> Tensor<Double> {
    let batch = states.shape[0]
    return cell.forward(
      inputs(steps, batch: batch), from: Cell.State(rows: states),
      active: .all(time: steps.count, batch: batch)
    ).finalState.rows
  }

  /// Returns the steps of one trajectory with their derivatives.
  public func linearize(_ steps: Range<Int>, from state: Tensor<Double>) -> [RecurrenceStep] {
    let cache = forward(steps, from: state).cache
    return (0..<steps.count).map { step in
      RecurrenceStep(
        state: cache.state(after: step),
        derivative: cell.linearized(step: step, sample: 0, cache))
    }
  }

  /// Returns the gradients with respect to the state before the steps, by the cell's `backward`.
  public func pullBack(
    _ gradients: Tensor<Double>, through steps: Range<Int>, from state: Tensor<Double>
  ) -> Tensor<Double> {
    let batch = gradients.shape[1]
    let all = ActiveSamples.all(time: steps.count, batch: batch)
    let states = state.reshaped(to: [1, stateSize]).selectRows(Array(repeating: 0, count: batch))
    let cache = cell.forward(
      inputs(steps, batch: batch), from: Cell.State(rows: states), active: all
    ).cache
    return cell.backward(
      .zeros([steps.count, batch, cell.hiddenSize]),
      finalStateGradient: Cell.State(rows: gradients.transpose()), cache
    ).initialStateGradient.rows.transpose()
  }

  private func forward(
    _ steps: Range<Int>, from state: Tensor<Double>
  ) -> (output: Tensor<Double>, finalState: Cell.State, cache: Cell.Cache) {
    cell.forward(
      inputs(steps, batch: 1), from: Cell.State(rows: state.reshaped(to: [1, stateSize])),
      active: .all(time: steps.count, batch: 1))
  }

  /// Returns the input of the steps for every trajectory, [T, B, I].
  func inputs(_ steps: Range<Int>, batch: Int) -> Tensor<Double> {
    let size = cell.inputSize
    let one =
      switch input {
      case .sequence(let sequence): sequence[steps].reshaped(to: [steps.count, 1, size])
      case .constant(let input): input.broadcast(to: [steps.count, 1, size])
      }
    return batch == 1 ? one : one.broadcast(to: [steps.count, batch, size])
  }
}

extension RecurrentState<Double> {
  /// A state from the rows of all its tensors side by side, [B, S].
  init(rows: Tensor<Double>) {
    let size = rows.shape[1] / Self.tensorCount
    self.init(
      tensors: (0..<Self.tensorCount).map { rows.slice($0 * size..<($0 + 1) * size, axis: 1) })
  }

  /// The rows of all tensors side by side, [B, S].
  var rows: Tensor<Double> { .concatenate(tensors, axis: 1) }
}

extension RecurrentCache where State.Scalar == Double {
  /// The state of the first sample after a step, [S].
  func state(after step: Int) -> Tensor<Double> {
    .concatenate(
      [hidden.select(step).select(0)] + (cellState.map { [$0.select(step).select(0)] } ?? []))
  }
}
