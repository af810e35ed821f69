internal import Backflow

/// What a network should answer for a batch.
enum Target: Sendable, Equatable {
  /// One class for each sample or step.
  case labels([Int])
  /// Numbers of the shape of the output.
  case values(Tensor<Float>)

  /// Returns the mean loss and its gradient with respect to the output: the cross-entropy of
  /// classes in nats, and the mean squared error of numbers.
  func loss(_ output: Tensor<Float>) -> (loss: Float, gradient: Tensor<Float>) {
    switch self {
    case .labels(let labels): softmaxCrossEntropy(output, labels)
    case .values(let values): meanSquaredError(output, values)
    }
  }
}

typealias SampleBatches = TrainingData<Tensor<Float>, Target>
