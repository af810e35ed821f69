public import BackflowDatasets
internal import BackflowKernels
public import BackflowLinearAlgebra

/// What a training learns from: batches of samples, each an input with its target.
///
///     let data = TrainingData(Batches(count: labels.count, size: 32, seed: 7)) { indices in
///       (images.selectRows(indices), indices.map { labels[$0] })
///     }
public struct TrainingData<Input: Sendable, Target: Sendable>: Sendable {
  /// The indices of the samples in each batch of each epoch.
  public let batches: Batches
  /// Returns the inputs and the targets of the samples with these indices, in this epoch.
  public let batch:
    @Sendable (_ epoch: Int, _ indices: [Int]) throws -> (input: Input, target: Target)

  /// Batches that a closure makes from the indices of their samples. The same indices must give the
  /// same batch, so that a training that resumes continues with the same bits. An error, such as
  /// that of a file, ends the training before the update.
  public init(
    _ batches: Batches,
    _ batch: @escaping @Sendable (_ indices: [Int]) throws -> (input: Input, target: Target)
  ) {
    self.init(batches, byEpoch: { _, indices in try batch(indices) })
  }

  /// Batches that are different in each epoch, such as newly drawn or distorted samples. The same
  /// epoch and indices must give the same batch.
  public init(
    _ batches: Batches,
    byEpoch batch:
      @escaping @Sendable (_ epoch: Int, _ indices: [Int]) throws -> (input: Input, target: Target)
  ) {
    (self.batches, self.batch) = (batches, batch)
  }
}

extension TrainingData {
  /// Batches of the samples of two tensors, whose first axis is that of the samples.
  ///
  /// - Precondition: Both tensors have as many samples as the batches.
  public init<Scalar>(
    _ inputs: Tensor<Scalar>, _ targets: Tensor<Scalar>, _ batches: Batches
  ) where Input == Tensor<Scalar>, Target == Tensor<Scalar> {
    requireSamples(inputs.shape, targets.shape.first ?? 0, batches)
    self.init(batches) { (inputs.selectRows($0), targets.selectRows($0)) }
  }

  /// Batches of the samples of a tensor, whose first axis is that of the samples, with labels.
  ///
  /// - Precondition: There are as many samples and labels as the batches have.
  public init<Scalar>(
    _ inputs: Tensor<Scalar>, labels: [Int], _ batches: Batches
  ) where Input == Tensor<Scalar>, Target == [Int] {
    requireSamples(inputs.shape, labels.count, batches)
    self.init(batches) { indices in (inputs.selectRows(indices), indices.map { labels[$0] }) }
  }
}

private func requireSamples(_ inputs: Shape, _ targets: Int, _ batches: Batches) {
  require(
    inputs.first == batches.count && targets == batches.count,
    "TrainingData: inputs \(inputs) and \(targets) targets for batches of \(batches.count) samples")
}
