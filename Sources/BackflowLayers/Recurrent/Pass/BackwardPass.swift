public import BackflowKernels
internal import BackflowLinearAlgebra

/// What `RecurrentCell.stepBack` computes with: the sequences of one backward pass, and the loop over
/// its steps. "ȳ" is the gradient of the loss with respect to y.
///
/// A gradient with respect to the state is carried: entry t holds, when step t begins, what step t + 1
/// found for the state s_t, and when the step ends what it found for s_{t−1}.
public struct BackwardPass<Scalar: RealScalar>: Sendable {
  /// ȳ_t, the gradient with respect to the output h_t from the layers above, [T, B, H].
  public let outputGradient: SequenceView<Scalar>
  /// ā_t, to be computed: the gradient with respect to W_ih x_t, [T, B, G·H].
  public let gateGradient: MutableSequenceView<Scalar>
  /// The gradient with respect to W_hh h_{t−1}, [T, B, G·H], to be computed if the layout separates it
  /// from `gateGradient`; else the same memory.
  public let productGradient: MutableSequenceView<Scalar>
  /// h̄, carried, [T, B, H].
  public let hiddenGradient: MutableSequenceView<Scalar>
  /// What the forward pass left in the gates, [T, B, G·H].
  public let gates: SequenceView<Scalar>
  /// h, [T, B, H], with h_{−1} the initial state.
  public let hidden: SequenceView<Scalar>
  /// W_hh, [G·H, H], of the gates that multiply h_{t−1}.
  public let recurrentWeight: PackedMatrix<Scalar>
  let optional: Optional
  let schedule: BatchSchedule

  /// What not every cell has.
  struct Optional: Sendable {
    var memoryGradient: MutableSequenceView<Scalar>?
    var memory, kept: SequenceView<Scalar>?
    var scratch: MutableSequenceView<Scalar>?
    var keptWeight: PackedMatrix<Scalar>?
  }

  /// The second tensor of the state, [T, B, H], such as c of an LSTM.
  public var memory: SequenceView<Scalar> { present(optional.memory, "a second tensor") }
  /// The gradient with respect to the second tensor of the state, carried, [T, B, H], such as c̄.
  public var memoryGradient: MutableSequenceView<Scalar> {
    present(optional.memoryGradient, "a second tensor")
  }
  /// What else the forward pass kept, [T, B, K·H].
  public var kept: SequenceView<Scalar> { present(optional.kept, "anything kept") }
  /// Memory of one step, [B, scratch·H]; what it holds when a step begins has no meaning.
  public var scratch: MutableSequenceView<Scalar> { present(optional.scratch, "scratch memory") }
  /// W_hh, [·, H], of the gates that multiply what the step keeps.
  public var keptWeight: PackedMatrix<Scalar> { present(optional.keptWeight, "such gates") }

  /// Calls `body` for the steps T − 1 … 0 in this order, on each thread for its own samples.
  public func forEachStep(_ body: @Sendable (TimeStep) -> Void) {
    schedule.split { samples in
      for t in (0..<schedule.time).reversed() {
        hiddenGradient.carryBack(to: t, of: samples)
        optional.memoryGradient?.carryBack(to: t, of: samples)
        body(TimeStep(t, schedule.active.at(t, of: samples)))
      }
    }
  }
}
