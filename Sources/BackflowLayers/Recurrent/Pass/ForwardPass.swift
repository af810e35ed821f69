public import BackflowKernels
internal import BackflowLinearAlgebra

/// The sequences that `RecurrentCell.step` reads and writes in one forward pass, and the loop over the steps.
///
///     pass.forEachStep { t in
///       W.multiply(h[t - 1], addingTo: gates[t])        // rows of the samples that run at step t
///       …
///     }
///
/// The samples of the batch are divided among the threads once, for all steps.
public struct ForwardPass<Scalar: RealScalar>: Sendable {
  /// The gates, [T, B, G·H], which hold W_ih x_t when step t begins. The backward pass reads their values
  /// at the end of the step.
  public let gates: MutableSequenceView<Scalar>
  /// h, [T, B, H], preceded by the initial state. If `gatesBecomeOutput` is set in the layout, it holds
  /// W_ih x_t when step t begins.
  public let hidden: MutableSequenceView<Scalar>
  /// The columns of W_hhᵀ, [H, G·H], for the gates that multiply h_{t−1}.
  public let recurrentWeight: PackedMatrix<Scalar>
  /// The cell's `stepBias`.
  public let bias: Bias<Scalar>
  let optional: Optional
  let schedule: BatchSchedule

  /// Sequences and weights that only some cells have.
  struct Optional: Sendable {
    var memory, kept: MutableSequenceView<Scalar>?
    var keptWeight: PackedMatrix<Scalar>?
  }

  /// The second tensor of the state, [T, B, H], such as c of an LSTM.
  public var memory: MutableSequenceView<Scalar> { present(optional.memory, "a second tensor") }
  /// The other numbers that each step keeps for the backward pass, [T, B, K·H].
  public var kept: MutableSequenceView<Scalar> { present(optional.kept, "anything kept") }
  /// The columns of W_hhᵀ, [H, ·], for the gates that multiply the kept numbers.
  public var keptWeight: PackedMatrix<Scalar> { present(optional.keptWeight, "such gates") }

  /// Calls `body` for the steps 0, …, T − 1 in this order. Each thread runs all steps of its own samples.
  public func forEachStep(_ body: (TimeStep) -> Void) {
    schedule.split { samples in
      for t in 0..<schedule.time { body(TimeStep(t, schedule.active.at(t, of: samples))) }
    }
  }
}

/// A bias that a cell adds to every row of a step.
public struct Bias<Scalar: RealScalar>: Sendable {
  let tensor: Tensor<Scalar>

  var span: Span<Scalar> {
    @_lifetime(borrow self)
    get { tensor.span }
  }
}

extension MutableRowsView {
  /// Adds `bias`, which has one element for each column, to every row.
  public func add(_ bias: Bias<S>) { addRow(bias.span) }
}

/// The samples that run at each step, and the division of the batch among threads.
struct BatchSchedule: Sendable {
  let active: ActiveSamples
  /// The smallest number of samples for which another thread pays off.
  let grain: Int

  /// The schedule of a cell whose recurrent weight has shape [gates·H, H].
  init(_ active: ActiveSamples, gates: Int, hiddenSize: Int) {
    self.active = active
    grain = max(1, 500_000 / max(1, active.time * gates * hiddenSize * hiddenSize))
  }

  var time: Int { active.time }

  /// Calls `body` on each thread with its part of the batch.
  func split(_ body: (Range<Int>) -> Void) {
    Threads.split(active.batch, grain: grain, alignment: 2, body)
  }
}

/// Returns an optional sequence or weight, or stops the program if the state and the layout of the cell do
/// not include it.
func present<Value>(_ value: Value?, _ what: String) -> Value {
  guard let value else { stop("neither the state nor the layout of this cell has \(what)") }
  return value
}
