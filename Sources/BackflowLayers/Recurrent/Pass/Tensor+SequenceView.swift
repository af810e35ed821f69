internal import BackflowKernels
internal import BackflowLinearAlgebra

extension Tensor {
  /// A sequence [T, B, F] to be filled for the running samples, zero in the padding.
  static func sequence(
    _ time: Int, _ batch: Int, _ features: Int, _ active: ActiveSamples
  ) -> Tensor {
    let shape: Shape = [time, batch, features]
    return active.isFull ? Tensor(uninitialized: shape) : .zeros(shape)
  }

  /// This sequence [T, B, F] for threads to fill, each its own samples; `initial`, [B, F], is its state
  /// before the first step.
  mutating func sequenceView(after initial: Tensor? = nil) -> MutableSequenceView<Scalar> {
    MutableSequenceView(
      &storage, time: shape[0], batch: shape[1], features: shape[2], after: initial?.storage)
  }

  /// This sequence [T, B, F] for threads to read; `initial`, [B, F], is its state before the
  /// first step.
  func readingView(after initial: Tensor? = nil) -> SequenceView<Scalar> {
    SequenceView(
      storage, time: shape[0], batch: shape[1], features: shape[2], after: initial?.storage)
  }

  /// These entries, [T + 1, B, F] or [1, B, F], as what a backward pass of T steps carries.
  mutating func carryingView(time: Int) -> MutableSequenceView<Scalar> {
    MutableSequenceView(carrying: &storage, time: time, batch: shape[1], features: shape[2])
  }
}
