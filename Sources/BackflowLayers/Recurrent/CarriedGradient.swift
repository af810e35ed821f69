internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The gradient by one tensor of the state, on its way back through the steps.
///
/// Every step overwrites the one entry there is, unless the pass is traced: then each state has an
/// entry of its own, and `SequenceView.carryBack` leads from one to the next.
struct CarriedGradient<Scalar: RealScalar> {
  /// [1, B, H], or [T + 1, B, H] if traced
  var entries: Tensor<Scalar>

  /// Starts at the gradient by the final state, [B, H], before T = `time` steps back.
  init(_ finalStateGradient: Tensor<Scalar>, time: Int, traced: Bool) {
    let shape = finalStateGradient.shape
    entries = finalStateGradient.reshaped(to: [1, shape[0], shape[1]])
    if traced {
      let final = entries
      entries = Tensor(uninitialized: [time + 1, shape[0], shape[1]])
      entries[time..<time + 1] = final
    }
  }

  /// After all steps back, the gradient by the initial state, [B, H].
  var initial: Tensor<Scalar> {
    let (count, batch, hidden) = (entries.shape[0], entries.shape[1], entries.shape[2])
    return count == 1 ? entries.reshaped(to: [batch, hidden]) : entries.select(0)
  }
}
