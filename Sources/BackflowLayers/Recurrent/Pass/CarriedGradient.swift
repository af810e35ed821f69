internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The gradient with respect to one tensor of the state, which the backward pass carries from each
/// step to the one before it.
///
/// Every step overwrites the same entry, except in a traced pass, where each state has its own.
struct CarriedGradient<Scalar: RealScalar> {
  /// [1, B, H], or [T + 1, B, H] if traced.
  var entries: Tensor<Scalar>

  /// The gradient with respect to the final state, [B, H], of a sequence of T = `time` steps.
  init(_ finalStateGradient: Tensor<Scalar>, time: Int, traced: Bool) {
    let shape = finalStateGradient.shape
    entries = finalStateGradient.reshaped(to: [1, shape[0], shape[1]])
    if traced {
      let final = entries
      entries = Tensor(uninitialized: [time + 1, shape[0], shape[1]])
      entries[time..<time + 1] = final
    }
  }

  /// The gradient with respect to the initial state, [B, H], after the backward pass.
  var initial: Tensor<Scalar> {
    let (count, batch, hidden) = (entries.shape[0], entries.shape[1], entries.shape[2])
    return count == 1 ? entries.reshaped(to: [batch, hidden]) : entries.select(0)
  }
}
