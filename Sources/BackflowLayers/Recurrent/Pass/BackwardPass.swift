public import BackflowKernels
internal import BackflowLinearAlgebra

/// The sequences that `RecurrentCell.stepBack` reads and writes in one backward pass, and the loop over the
/// steps. "ȳ" is the gradient of the loss with respect to y.
///
/// The gradients with respect to the state are carried from each step to the one before it. When step t
/// begins, entry t holds the gradient with respect to the state s_t that comes from later steps; the step
/// replaces it by the gradient with respect to s_{t−1}.
public struct BackwardPass<Scalar: RealScalar>: Sendable {
  /// ȳ_t, the gradient with respect to the output h_t from the layers above, [T, B, H].
  public let outputGradient: SequenceView<Scalar>
  /// ā_t, the gradient with respect to W_ih x_t, [T, B, G·H], which the step computes.
  public let gateGradient: MutableSequenceView<Scalar>
  /// The gradient with respect to W_hh h_{t−1}, [T, B, G·H], which the step computes if the layout
  /// separates the products. Otherwise it is the memory of `gateGradient`.
  public let productGradient: MutableSequenceView<Scalar>
  /// h̄, the carried gradient with respect to h, [T, B, H].
  public let hiddenGradient: MutableSequenceView<Scalar>
  /// The gates after the forward pass, [T, B, G·H].
  public let gates: SequenceView<Scalar>
  /// h, [T, B, H], preceded by the initial state.
  public let hidden: SequenceView<Scalar>
  /// The rows of W_hh, [G·H, H], for the gates that multiply h_{t−1}.
  public let recurrentWeight: PackedMatrix<Scalar>
  let optional: Optional
  let schedule: BatchSchedule

  /// Sequences and weights that only some cells have.
  struct Optional: Sendable {
    var memoryGradient: MutableSequenceView<Scalar>?
    var memory, kept: SequenceView<Scalar>?
    var scratch: MutableSequenceView<Scalar>?
    var keptWeight: PackedMatrix<Scalar>?
  }

  /// The second tensor of the state, [T, B, H], such as c of an LSTM.
  public var memory: SequenceView<Scalar> { present(optional.memory, "a second tensor") }
  /// The carried gradient with respect to the second tensor of the state, [T, B, H], such as c̄.
  public var memoryGradient: MutableSequenceView<Scalar> {
    present(optional.memoryGradient, "a second tensor")
  }
  /// The other numbers that the forward pass kept, [T, B, K·H].
  public var kept: SequenceView<Scalar> { present(optional.kept, "anything kept") }
  /// Temporary memory of one step, [B, scratch·H]. Its contents at the start of a step are undefined.
  public var scratch: MutableSequenceView<Scalar> { present(optional.scratch, "scratch memory") }
  /// The rows of W_hh, [·, H], for the gates that multiply the kept numbers.
  public var keptWeight: PackedMatrix<Scalar> { present(optional.keptWeight, "such gates") }

  /// Calls `body` for the steps T − 1, …, 0 in this order. Each thread runs all steps of its own samples.
  public func forEachStep(_ body: (TimeStep) -> Void) {
    schedule.split { samples in
      for t in (0..<schedule.time).reversed() {
        hiddenGradient.carryBack(to: t, of: samples)
        optional.memoryGradient?.carryBack(to: t, of: samples)
        body(TimeStep(t, schedule.active.at(t, of: samples)))
      }
    }
  }
}
