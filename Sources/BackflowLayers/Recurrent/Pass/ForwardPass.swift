public import BackflowKernels
internal import BackflowLinearAlgebra

/// What `RecurrentCell.step` computes with: the sequences of one pass, and the loop over its steps.
///
///     pass.forEachStep { t in
///       W.multiply(h[t - 1], addingTo: gates[t])        // rows of the samples that run at step t
///
/// The samples of the batch are divided among the threads once, for all steps.
public struct ForwardPass<Scalar: RealScalar>: Sendable {
  /// [T, B, G·H]. Holds W_ih x_t when step t begins; what the step leaves there is kept.
  public let gates: MutableSequenceView<Scalar>
  /// h, [T, B, H], with h_{−1} the initial state. If the layout says that the gates become the output,
  /// holds W_ih x_t when step t begins.
  public let hidden: MutableSequenceView<Scalar>
  /// W_hhᵀ, [H, G·H], of the gates that multiply h_{t−1}.
  public let recurrentWeight: PackedMatrix<Scalar>
  /// The cell's `stepBias`.
  public let bias: Bias<Scalar>
  let optional: Optional
  let schedule: BatchSchedule

  /// What not every cell has.
  struct Optional: Sendable {
    var memory, kept: MutableSequenceView<Scalar>?
    var keptWeight: PackedMatrix<Scalar>?
  }

  /// The second tensor of the state, [T, B, H], such as c of an LSTM.
  public var memory: MutableSequenceView<Scalar> { present(optional.memory, "a second tensor") }
  /// What else a step keeps for the backward pass, [T, B, K·H].
  public var kept: MutableSequenceView<Scalar> { present(optional.kept, "anything kept") }
  /// W_hhᵀ, [H, ·], of the gates that multiply what the step keeps.
  public var keptWeight: PackedMatrix<Scalar> { present(optional.keptWeight, "such gates") }

  /// Calls `body` for the steps 0 ..< T in order, on each thread for its own samples.
  public func forEachStep(_ body: @Sendable (TimeStep) -> Void) {
    schedule.split { samples in
      for t in 0..<schedule.time { body(TimeStep(t, schedule.active.at(t, of: samples))) }
    }
  }
}

/// A bias to be added to every row of a step.
public struct Bias<Scalar: RealScalar>: Sendable {
  let tensor: Tensor<Scalar>

  var span: Span<Scalar> {
    @_lifetime(borrow self)
    get { tensor.span }
  }
}

extension MutableRowsView {
  /// Adds `bias`, of as many elements as there are columns, to every row.
  public func add(_ bias: Bias<S>) { addRow(bias.span) }
}

/// Which samples run at which step, and how the batch is divided among threads.
struct BatchSchedule: Sendable {
  let active: ActiveSamples
  /// The fewest samples that are worth a thread of their own.
  let grain: Int

  /// The steps of a cell whose recurrent weight is [`gates`·H, H].
  init(_ active: ActiveSamples, gates: Int, hiddenSize: Int) {
    self.active = active
    grain = max(1, 500_000 / max(1, active.time * gates * hiddenSize * hiddenSize))
  }

  var time: Int { active.time }

  /// Calls `body` with each thread's part of the batch.
  func split(_ body: (Range<Int>) -> Void) {
    Threads.split(active.batch, grain: grain, alignment: 2, body)
  }
}

/// The value of an optional sequence or weight, which a cell may use only if its state and layout have it.
func present<Value>(_ value: Value?, _ what: String) -> Value {
  guard let value else { stop("neither the state nor the layout of this cell has \(what)") }
  return value
}
