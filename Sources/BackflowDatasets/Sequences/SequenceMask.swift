public import BackflowKernels
public import BackflowLinearAlgebra

/// Which steps of padded sequences belong to them, and means over these steps only.
public struct SequenceMask: Sendable, Equatable {
  /// The number of steps of each sequence.
  public let lengths: [Int]
  /// T, the number of steps with padding.
  public let time: Int

  /// - Precondition: The lengths are in 0...T.
  public init(lengths: [Int], time: Int) {
    require(
      lengths.allSatisfy { $0 >= 0 && $0 <= time },
      "SequenceMask: lengths \(lengths.prefix(20)) of \(time) steps")
    (self.lengths, self.time) = (lengths, time)
  }

  /// B, the number of sequences.
  public var batch: Int { lengths.count }

  /// The number of steps of all sequences together.
  public var stepCount: Int { lengths.reduce(0, +) }

  /// 1 for the steps of the sequences, and 0 for the padding, [T, B].
  public func ones<Scalar: RealScalar>(as _: Scalar.Type = Scalar.self) -> Tensor<Scalar> {
    weights { _ in 1 }
  }

  /// Returns the mean of x over the steps of each sequence, [B, F]; 0 for a sequence without steps.
  ///
  ///     y_b = Σ_{t < n_b} x_tb / n_b
  ///
  /// The padding is not read into the result, even if it is not finite.
  ///
  /// - Precondition: x is [T, B, F].
  /// - Complexity: O(T × B × F)
  public func mean<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    requireSequence(x.shape, "mean")
    let features = x.shape[2]
    var sums = Tensor<Scalar>.zeros([batch, features])
    for (sample, length) in lengths.enumerated() where length > 0 {
      var steps = Tensor<Scalar>(uninitialized: [length, features])
      Blocks.copy(
        count: length, length: features,
        from: x.span, at: sample * features, stride: batch * features,
        into: steps.mutableSpan, at: 0, stride: features)
      sums.replaceSlice(
        sample..<sample + 1, with: steps.mean(axis: 0).reshaped(to: [1, features]))
    }
    return sums
  }

  /// Returns the gradient with respect to x of `mean`, [T, B, F], from that with respect to its
  /// result: x̄_tb = ȳ_b / n_b for t < n_b, and 0 in the padding.
  ///
  /// - Precondition: ȳ is [B, F].
  /// - Complexity: O(T × B × F)
  public func meanBackward<Scalar>(_ outputGradient: Tensor<Scalar>) -> Tensor<Scalar> {
    require(
      outputGradient.rank == 2 && outputGradient.shape[0] == batch,
      "SequenceMask.meanBackward: gradient \(outputGradient.shape) instead of [\(batch), F]")
    let features = outputGradient.shape[1]
    let weights: Tensor<Scalar> = weights { 1 / Double($0) }
    return weights.reshaped(to: [time, batch, 1])
      * outputGradient.reshaped(to: [1, batch, features])
  }

  /// Returns the mean of losses [T, B] over all steps of all sequences, and its gradient with
  /// respect to each of them, [T, B], with 0 in the padding. The mean over no steps is 0.
  ///
  /// The gradient of the losses' sum with respect to their inputs, times this gradient, is that of
  /// the mean.
  ///
  /// - Precondition: The losses are [T, B].
  /// - Complexity: O(T × B)
  public func mean<Scalar>(
    ofLosses losses: Tensor<Scalar>
  ) -> (loss: Scalar, gradient: Tensor<Scalar>) {
    require(
      losses.shape == [time, batch],
      "SequenceMask: losses of shape \(losses.shape) instead of [\(time), \(batch)]")
    let each = mean(losses.reshaped(to: [time, batch, 1])).reshaped(to: [batch])
    // The mean of each sequence counts by its steps.
    let count = Swift.max(stepCount, 1)
    let shares = Tensor<Scalar>(
      Tensor<Double>(lengths.map { Double($0) / Double(count) }))
    return ((each * shares).sum(), weights { _ in 1 / Double(count) })
  }

  /// A weight for each step of a sequence, by the length of the sequence, and 0 for the padding.
  private func weights<Scalar: RealScalar>(_ weight: (_ length: Int) -> Double) -> Tensor<Scalar> {
    var result = Tensor<Double>.zeros([time, batch])
    var elements = result.mutableSpan
    for (sample, length) in lengths.enumerated() {
      for step in 0..<length { elements[step * batch + sample] = weight(length) }
    }
    return Tensor<Scalar>(result)
  }

  private func requireSequence(_ shape: Shape, _ name: String) {
    require(
      shape.rank == 3 && shape[0] == time && shape[1] == batch,
      "SequenceMask.\(name): sequence \(shape) instead of [\(time), \(batch), F]")
  }
}
