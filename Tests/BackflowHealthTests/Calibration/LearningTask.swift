import Backflow

/// The data of one training step: inputs, and labels or targets.
struct TrainingBatch {
  var inputs: Tensor<Float>
  var labels: [Int] = []
  var targets: Tensor<Float> = .zeros([0])
}

/// What a model is to learn: batches, a loss, and a score on held-out data.
struct LearningTask {
  typealias Predictor = (Tensor<Float>) -> Tensor<Float>

  /// The number of classes, or `nil` for regression.
  var classes: Int?
  /// The loss of the best constant guess, if it is known and not ln(classes).
  var constantLoss: Double?
  /// Draws a batch. The predictor is the target network of Q-learning.
  var batch: (Predictor, inout RandomSource) -> TrainingBatch
  /// The loss of a batch and its gradient with respect to the output.
  var loss: (_ output: Tensor<Float>, TrainingBatch) -> (loss: Float, gradient: Tensor<Float>)
  /// The losses of the single entries and their gradients, if they are to be examined.
  var entries: ((Tensor<Float>, TrainingBatch) -> (values: Tensor<Float>, gradient: Tensor<Float>))?
  /// The quality of a predictor on held-out data.
  var score: (Predictor) -> Double
}

extension LearningTask {
  typealias Draw = (_ samples: Int, inout RandomSource) -> TrainingBatch

  /// Classification by softmax cross-entropy, scored by the accuracy on held-out data or, if
  /// `scoresLoss`, by the loss there.
  static func classification(
    classes: Int, batch size: Int, reduction: Reduction = .mean, labelSmoothing: Double = 0,
    scoresLoss: Bool = false, heldOut: TrainingBatch? = nil, _ draw: @escaping Draw
  ) -> LearningTask {
    LearningTask(
      classes: classes, batch: { draw(size, &$1) },
      loss: {
        softmaxCrossEntropy($0, $1.labels, labelSmoothing: labelSmoothing, reduction: reduction)
      },
      score: { predict in
        let test = heldOut ?? unseen(draw)
        let logits = predict(test.inputs)
        return scoresLoss
          ? Double(softmaxCrossEntropy(logits, test.labels).loss) : accuracy(logits, test.labels)
      })
  }

  /// Regression, scored by R² = 1 − (mean squared error)/(variance of the targets). The loss is the
  /// mean squared error, unless another one is given.
  static func regression(
    batch size: Int, heldOut: TrainingBatch? = nil,
    loss: ((Tensor<Float>, Tensor<Float>) -> (loss: Float, gradient: Tensor<Float>))? = nil,
    _ draw: @escaping Draw
  ) -> LearningTask {
    let test = heldOut ?? unseen(draw)
    return LearningTask(
      classes: nil, constantLoss: loss == nil ? Double(test.targets.variance()) : nil,
      batch: { draw(size, &$1) },
      loss: { loss?($0, $1.targets) ?? meanSquaredError($0, $1.targets) },
      score: { predict in
        let error = meanSquaredError(predict(test.inputs), test.targets).loss
        return 1 - Double(error / test.targets.variance())
      })
  }

  /// Samples that no training draws.
  private static func unseen(_ draw: Draw) -> TrainingBatch {
    var random = RandomSource(seed: 0x5eed)
    return draw(500, &random)
  }
}

/// The least quality of a healthy training, on held-out data.
enum Quality: Sendable, CustomStringConvertible {
  /// The share of correct answers, at least this.
  case accuracy(Double)
  /// R², at least this.
  case determination(Double)
  /// The mean loss, at most this.
  case loss(Double)

  /// Whether a score is good enough.
  func isReached(by score: Double) -> Bool {
    switch self {
    case .accuracy(let least), .determination(let least): score >= least
    case .loss(let most): score <= most
    }
  }

  /// The worse of two scores.
  func worse(_ one: Double, _ other: Double) -> Double {
    if one.isNaN || other.isNaN { return .nan }
    if case .loss = self { return max(one, other) }
    return min(one, other)
  }

  var description: String {
    switch self {
    case .accuracy(let least): "accuracy \(least)"
    case .determination(let least): "R² \(least)"
    case .loss(let most): "loss \(most)"
    }
  }
}
