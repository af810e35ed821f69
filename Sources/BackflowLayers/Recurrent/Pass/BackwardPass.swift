public import BackflowKernels
internal import BackflowLinearAlgebra

/// The sequences of one backward pass and the loop over its steps, for `RecurrentCell.stepBack`. A
/// bar denotes the gradient of the loss: ȳ is that with respect to y.
///
/// Gradients with respect to the state are carried from step to step. When step t begins,
/// `hiddenGradient[t]` holds h̄_t from later steps, without ȳ_t. The step replaces it by h̄_{t−1}.
/// The same is true of `cellStateGradient`. A row times W is what the equations write as Wᵀ times a
/// column.
public struct BackwardPass<Scalar: RealScalar>: Sendable {
  /// ȳ_t, the gradient with respect to the output h_t from the layers above, [T, B, H].
  public let outputGradient: SequenceView<Scalar>
  /// ā_t, the gradient with respect to W_ih x_t, [T, B, G·H], which the step computes. It
  /// and `productGradient` are kept only until the steps of the chunk are complete.
  public let gateGradient: MutableSequenceView<Scalar>
  /// The gradient with respect to W_hh h_{t−1}, [T, B, G·H], to be computed if the layout separates
  /// it from `gateGradient`; otherwise the same sequence.
  public let productGradient: MutableSequenceView<Scalar>
  /// h̄, the carried gradient with respect to h: `hiddenGradient[t]` only, because the steps can
  /// share one entry.
  public let hiddenGradient: MutableSequenceView<Scalar>
  /// The gates as the forward pass left them, [T, B, G·H].
  public let gates: SequenceView<Scalar>
  /// h, [T, B, H]: the output of each step.
  public let hidden: SequenceView<Scalar>
  /// W_hh of the gates that multiply h_{t−1}: [G·H, H] in most cells.
  public let recurrentWeight: PackedMatrix<Scalar>
  let cellSpecific: CellSpecific
  let inputGradient: InputGradient<Scalar>
  let schedule: BatchSchedule
  /// The steps that `forEachStep` runs through.
  var chunk: StepChunk?

  /// What not every cell has.
  struct CellSpecific: Sendable {
    var cellStateGradient: MutableSequenceView<Scalar>?
    var cellState, kept: SequenceView<Scalar>?
    var scratch: MutableSequenceView<Scalar>?
    var keptWeight: PackedMatrix<Scalar>?
  }

  /// The cell state c of an LSTM, [T, B, H], or whatever the second tensor of the state is.
  public var cellState: SequenceView<Scalar> { unwrapped(cellSpecific.cellState, "a cell state") }
  /// c̄, carried, [T, B, H]: the gradient with respect to `cellState`.
  public var cellStateGradient: MutableSequenceView<Scalar> {
    unwrapped(cellSpecific.cellStateGradient, "a cell state")
  }
  /// What else the forward pass kept, [T, B, K·H].
  public var kept: SequenceView<Scalar> { unwrapped(cellSpecific.kept, "kept values") }
  /// Memory of one step, [B, scratch·H]; its contents are undefined when a step begins. Like a
  /// carried gradient, it is `scratch[t]`.
  public var scratch: MutableSequenceView<Scalar> {
    unwrapped(cellSpecific.scratch, "scratch memory")
  }
  /// W_hh of the gates that multiply what the step keeps.
  public var keptWeight: PackedMatrix<Scalar> {
    unwrapped(cellSpecific.keptWeight, "gates that multiply kept values")
  }

  /// Calls `body` for the steps of one chunk, from the last to the first, on each thread for its
  /// own samples. `stepBack` is called for the chunks from the last to the first, so that `body`
  /// runs for the steps T − 1 … 0 in this order.
  public func forEachStep(_ body: @Sendable (TimeStep) -> Void) {
    let chunk = unwrapped(chunk, "steps to run through")
    schedule.split { samples in
      for t in chunk.steps.reversed() {
        hiddenGradient.carryBack(to: t, of: samples)
        cellSpecific.cellStateGradient?.carryBack(to: t, of: samples)
        body(TimeStep(t, schedule.active.at(t, of: samples)))
      }
      inputGradient.compute(chunk, samples, schedule.active)
    }
  }
}

/// The product x̄_t = W_ihᵀ ā_t of a pass.
struct InputGradient<Scalar: RealScalar>: Sendable {
  /// ā of the entries, [entries, B, G·H]
  let gateGradient: SequenceView<Scalar>
  /// x̄, [T, B, I]
  let inputGradient: MutableSequenceView<Scalar>
  /// W_ih, [G·H, I]
  let weight: PackedMatrix<Scalar>

  /// Computes x̄ of the steps of a chunk for these samples.
  func compute(_ chunk: StepChunk, _ samples: Range<Int>, _ active: ActiveSamples) {
    weight.multiply(
      gateGradient, chunk.entries, into: inputGradient, chunk.steps, samples, active)
  }
}
