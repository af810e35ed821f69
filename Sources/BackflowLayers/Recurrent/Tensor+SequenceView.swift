internal import BackflowKernels
internal import BackflowLinearAlgebra

extension Tensor {
  /// [time, batch, features] for threads to fill, each its own samples.
  mutating func sequenceView() -> SequenceView<Scalar> {
    SequenceView(&storage, time: shape[0], batch: shape[1], features: shape[2])
  }

  /// [time, batch, features] for threads to read.
  func readingSequenceView() -> SequenceView<Scalar> {
    SequenceView(reading: storage, time: shape[0], batch: shape[1], features: shape[2])
  }

  /// A state [batch, features] as a sequence of one step, to read.
  func stateView() -> SequenceView<Scalar> {
    SequenceView(reading: storage, time: 1, batch: shape[0], features: shape[1])
  }

  /// A state [batch, features] as a sequence of one step, to write.
  mutating func stateView(writing: Void) -> SequenceView<Scalar> {
    SequenceView(&storage, time: 1, batch: shape[0], features: shape[1])
  }
}

extension Tensor {
  /// [time, batch, features] to be filled for the running samples, zero for the padding.
  static func states(
    _ time: Int, _ batch: Int, _ features: Int, _ active: ActiveSamples
  ) -> Tensor {
    let shape: Shape = [time, batch, features]
    return active.isFull ? Tensor(uninitialized: shape) : .zeros(shape)
  }
}
