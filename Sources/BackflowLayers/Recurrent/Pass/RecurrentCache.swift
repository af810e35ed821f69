public import BackflowLinearAlgebra

/// The values of a cell's forward pass that its backward pass reads. After a pass with `lengths`,
/// the rows are the samples in descending order of length.
///
/// Shapes: T time, B batch, I input, H hidden, G gates, K other kept numbers for each unit
/// (`CellLayout`).
public struct RecurrentCache<State: RecurrentState>: Sendable {
  /// x, [T, B, I]
  public let input: Tensor<State.Scalar>
  /// The state before the first step, [B, H] each.
  public let initialState: State
  /// The activations of the gates at each step, [T, B, G·H], in the order of the gates.
  public let gates: Tensor<State.Scalar>
  /// h_1 … h_T, [T, B, H]
  public let hidden: Tensor<State.Scalar>
  /// The second tensor of the state after each step, [T, B, H], such as c_1 … c_T of an LSTM.
  public let cellState: Tensor<State.Scalar>?
  /// What else a step keeps, [T, B, K·H], if anything; see the cell.
  public let kept: Tensor<State.Scalar>?
  /// The number of rows that run at each step. The contents of the other rows are undefined.
  public let active: ActiveSamples

  /// Returns the gates of the sample at row `sample` and step `step`, [H] each, and its other kept
  /// numbers, [K·H].
  func row(
    at step: Int, sample: Int, gates count: Int
  ) -> (gates: [Tensor<State.Scalar>], kept: Tensor<State.Scalar>) {
    let (all, size) = (gates.row(step, sample), hidden.shape[2])
    return (
      (0..<count).map { all[$0 * size..<($0 + 1) * size] },
      kept.map { $0.row(step, sample) } ?? .zeros([0])
    )
  }

  /// Returns the state of the sample at row `sample` before step `step`, [1, H] each.
  func state(before step: Int, sample: Int) -> State {
    func row(_ initial: Tensor<State.Scalar>, _ sequence: Tensor<State.Scalar>) -> Tensor<
      State.Scalar
    > {
      step == 0
        ? initial[sample..<sample + 1]
        : sequence.row(step - 1, sample).reshaped(to: [1, sequence.shape[2]])
    }
    return State(
      hidden: row(initialState.hidden, hidden),
      cellState: cellState.flatMap { sequence in initialState.cellState.map { row($0, sequence) } })
  }
}

extension Tensor {
  /// Returns the row of a sequence [T, B, F] for one step and sample, [F], without copying the
  /// step.
  func row(_ step: Int, _ sample: Int) -> Tensor {
    let (batch, features) = (shape[1], shape[2])
    let first = (step * batch + sample) * features
    return flattened[first..<first + features]
  }
}
