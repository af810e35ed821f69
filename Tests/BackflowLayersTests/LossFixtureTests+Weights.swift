import Backflow

extension LossCase {
  /// The cases of `weighted_losses` in pytorch_losses_optimizers.py.
  static let weighted = [
    classWeights("cross_entropy_class_weights"),
    classWeights("cross_entropy_class_weights_smoothed", smoothing: 0.1),
    classWeights("cross_entropy_class_weights_ignored"),
    classWeights("cross_entropy_class_weights_ignored_smoothed", smoothing: 0.3),
    softClassWeights("cross_entropy_class_weights_soft"),
    softClassWeights("cross_entropy_class_weights_soft_smoothed", smoothing: 0.2),
    likelihood("negative_log_likelihood", nil),
    likelihood("negative_log_likelihood_class_weights", weightOfClass),
    positiveWeights("sigmoid_cross_entropy_positive_weights", Tensor([0.5, 1, 3, 0, 10])),
    positiveWeights("sigmoid_cross_entropy_positive_weight", Tensor(scalar: 4)),
    LossCase(
      name: "kl_divergence",
      reduced: { klDivergence($0, $1, reduction: $2) },
      perSample: { klDivergence($0, $1, reduction: .perSample) }),
    LossCase(
      name: "absolute_error",
      reduced: { meanAbsoluteError($0, $1, reduction: $2) },
      perSample: { meanAbsoluteError($0, $1, reduction: .perSample) }),
  ]

  private static let weightOfClass = Tensor<Double>([0.5, 2, 0, 1, 3])

  private static func classWeights(_ name: String, smoothing: Double = 0) -> LossCase {
    LossCase(
      name: name,
      reduced: {
        softmaxCrossEntropy(
          $0, $1.labels, ignoring: -100, labelSmoothing: smoothing, classWeights: weightOfClass,
          reduction: $2)
      },
      perSample: {
        softmaxCrossEntropy(
          $0, $1.labels, ignoring: -100, labelSmoothing: smoothing, classWeights: weightOfClass,
          reduction: .perSample)
      })
  }

  private static func softClassWeights(_ name: String, smoothing: Double = 0) -> LossCase {
    LossCase(
      name: name,
      reduced: {
        softmaxCrossEntropy(
          $0, $1, labelSmoothing: smoothing, classWeights: weightOfClass, reduction: $2)
      },
      perSample: {
        softmaxCrossEntropy(
          $0, $1, labelSmoothing: smoothing, classWeights: weightOfClass, reduction: .perSample)
      })
  }

  private static func likelihood(_ name: String, _ weights: Tensor<Double>?) -> LossCase {
    LossCase(
      name: name,
      reduced: {
        negativeLogLikelihood(
          $0, $1.labels, ignoring: -100, classWeights: weights, reduction: $2)
      },
      perSample: {
        negativeLogLikelihood(
          $0, $1.labels, ignoring: -100, classWeights: weights, reduction: .perSample)
      })
  }

  private static func positiveWeights(_ name: String, _ weights: Tensor<Double>) -> LossCase {
    LossCase(
      name: name,
      reduced: { sigmoidCrossEntropy($0, $1, positiveWeights: weights, reduction: $2) },
      perSample: { sigmoidCrossEntropy($0, $1, positiveWeights: weights, reduction: .perSample) })
  }
}
