internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra

/// The part of one sample that a cell can be analyzed along: its input, and the steps before
/// products would overflow.
struct SampleRun {
  /// The input in the order in which the cell reads it, [T, I].
  let input: Tensor<Double>
  /// The state before the first step, [S].
  let initialState: Tensor<Double>
  /// The number of steps, at most T.
  let steps: Int
  /// Why there are fewer than T steps, or `nil` if there are not.
  let divergence: Divergence?

  /// What exceeded `limit` after the last step of a run.
  enum Divergence {
    case state, input
  }

  /// The largest absolute value of a state or an input whose products are analyzed.
  static let limit = 1e100
  /// The number of steps whose values are kept at a time.
  private static let windowLength = 512

  /// Runs a cell, and passes its output to `body` in windows, with the number of their first step.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - input: The input, [T, I].
  ///   - initialState: The state before the first step, [S].
  ///   - body: A closure that is called with the finite part of the output, [steps, H].
  /// - Complexity: One forward pass. The memory does not grow with T.
  init<Cell: RecurrentCell<Double>>(
    _ cell: Cell, reading input: Tensor<Double>, from initialState: Tensor<Double>,
    _ body: (_ start: Int, _ output: Tensor<Double>) -> Void = { _, _ in }
  ) {
    (self.input, self.initialState) = (input, initialState)
    let total = input.shape[0]
    var state = Cell.State(rows: initialState.reshaped(to: [1, cell.stateSize]))
    for start in stride(from: 0, to: total, by: SampleRun.windowLength) {
      let window = input[start..<min(total, start + SampleRun.windowLength)]
      let count = window.shape[0]
      let pass = cell.forward(
        window.reshaped(to: [count, 1, cell.inputSize]), from: state,
        active: .all(time: count, batch: 1))
      let states = [pass.cache.hidden] + (pass.cache.cellState.map { [$0] } ?? [])
      if let end = SampleRun.end(of: states, input: window) {
        body(start, pass.output[0..<end.steps].select(0, axis: 1))
        (steps, divergence) = (start + end.steps, end.divergence)
        return
      }
      body(start, pass.output.select(0, axis: 1))
      state = pass.finalState
    }
    (steps, divergence) = (total, nil)
  }

  /// Returns the number of steps before one whose input or state is not bounded, or `nil` if there
  /// is none.
  private static func end(
    of states: [Tensor<Double>], input: Tensor<Double>
  ) -> (steps: Int, divergence: Divergence)? {
    func isBounded(_ values: Tensor<Double>) -> Bool {
      values.isEmpty || (values.isFinite && values.maxMagnitude() <= limit)
    }
    if (states + [input]).allSatisfy(isBounded) { return nil }
    for step in 0..<input.shape[0] {
      if !isBounded(input.select(step)) { return (step, .input) }
      if !states.allSatisfy({ isBounded($0.select(step)) }) { return (step, .state) }
    }
    return nil
  }

  /// The largest absolute value of the input, or `nil` without steps.
  var largestInput: Double? {
    steps > 0 && !input.isEmpty ? input[0..<steps].maxMagnitude() : nil
  }
}

extension CellRecurrence {
  /// The recurrence of a cell along a run.
  init(_ cell: Cell, along run: SampleRun) {
    self.init(cell, reading: run.input[0..<run.steps], from: run.initialState)
  }
}
