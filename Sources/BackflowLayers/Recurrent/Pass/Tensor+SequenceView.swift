internal import BackflowKernels
internal import BackflowLinearAlgebra

extension Tensor {
  /// Returns a new sequence [T, B, F], with zeros in the padding. The elements of running samples
  /// are undefined.
  static func sequence(
    _ time: Int, _ batch: Int, _ features: Int, _ active: ActiveSamples
  ) -> Tensor {
    let shape: Shape = [time, batch, features]
    return active.isFull ? Tensor(uninitialized: shape) : .zeros(shape)
  }

  /// Returns a view of this sequence [T, B, F] for writing, on each thread for its own samples.
  ///
  /// - Parameters:
  ///   - time: The number of steps, if it is not T. Then each step overwrites the one T steps
  ///     before, and T is a power of two.
  ///   - initial: The state before the first step, [B, F].
  mutating func view(time: Int, after initial: Tensor? = nil) -> MutableSequenceView<Scalar> {
    MutableSequenceView(
      &storage, time: time, batch: shape[1], features: shape[2],
      entries: time == shape[0] ? nil : shape[0], after: initial?.storage)
  }

  /// Returns a view of this sequence [T, B, F] for reading. `initial`, [B, F], is the state before
  /// the first step.
  func readingView(after initial: Tensor? = nil) -> SequenceView<Scalar> {
    SequenceView(
      storage, time: shape[0], batch: shape[1], features: shape[2], after: initial?.storage)
  }

  /// Returns a view of these entries, [T + 1, B, F] or [1, B, F], as the gradient that a backward
  /// pass of T steps carries.
  mutating func carryingView(time: Int) -> MutableSequenceView<Scalar> {
    MutableSequenceView(carrying: &storage, time: time, batch: shape[1], features: shape[2])
  }
}
