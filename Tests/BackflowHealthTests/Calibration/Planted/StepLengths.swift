import Backflow

/// Steps that are too long, too short or never stop swinging.
extension PlantedFailure {
  static let stepLengths: [PlantedFailure] = [
    PlantedFailure("learning rate × 100, dense", in: .tanh, tooLong, causes: tooLong) {
      training, _ in
      training.optimizer.learningRate *= 100
    },
    PlantedFailure("learning rate × 1000, dense", in: .relu, tooLong, causes: tooLong) {
      training, _ in
      training.optimizer.learningRate *= 1000
    },
    PlantedFailure(
      "learning rate × 100, convolution", in: .convolution, tooLong + [.deadUnits], causes: tooLong
    ) { training, _ in
      training.optimizer.learningRate *= 100
    },
    PlantedFailure("learning rate × 100, recurrence", in: .rows, tooLong, causes: tooLong) {
      training, _ in
      training.optimizer.learningRate *= 100
    },
    PlantedFailure(
      "learning rate × 100, SGD", in: .batchNorm, tooLong + [.nonFinite], causes: tooLong
    ) { training, _ in
      training.optimizer.learningRate *= 100
    },
    PlantedFailure("learning rate × 1000, regression", in: .friedman, tooLong, causes: tooLong) {
      training, _ in
      training.optimizer.learningRate *= 1000
    },
    PlantedFailure(
      "learning rate just above stability, linear regression", in: .linear,
      [.longStep, .oscillatingLoss, .risingLoss, .unstableStep],
      causes: [.longStep, .unstableStep, .oscillatingLoss, .risingLoss]
    ) { training, _ in
      // The loss is quadratic with curvature 2 in every direction, up to the noise of a batch.
      training.optimizer.learningRate = 0.85
    },
    PlantedFailure(
      "momentum 0.999", in: .batchNorm,
      [.longStep, .oscillatingLoss, .risingLoss, .updateRatio, .deadUnits],
      // While the loss falls, long steps are a note.
      causes: tooLong, severity: .note
    ) { training, _ in
      training.optimizer = SGD(for: training.model, learningRate: 0.1, momentum: 0.999)
    },
    PlantedFailure(
      "sum over 256 samples at the rate for the mean", in: .relu, tooLong + [.nonFinite],
      causes: tooLong
    ) { training, _ in
      training.task = .digits(batch: 256, reduction: .sum)
      training.optimizer = SGD(for: training.model, learningRate: 0.1)
    },
    PlantedFailure("learning rate / 10⁴, dense", in: .tanh, tooShort, causes: tooShort) {
      training, _ in
      training.optimizer.learningRate /= 1e4
      training.steps = 1500
    },
    PlantedFailure("learning rate / 10⁶, dense", in: .relu, tooShort, causes: tooShort) {
      training, _ in
      training.optimizer.learningRate /= 1e6
    },
    PlantedFailure("learning rate / 10⁶, convolution", in: .convolution, tooShort, causes: tooShort)
    { training, _ in
      training.optimizer.learningRate /= 1e6
    },
    PlantedFailure("learning rate / 10⁴, recurrence", in: .rows, tooShort, causes: tooShort) {
      training, _ in
      training.optimizer.learningRate /= 1e4
      training.steps = 1500
    },
    PlantedFailure("weight decay 1", in: .relu, [.shrinkingWeight]) { training, _ in
      training.optimizer = SGD(for: training.model, learningRate: 0.1, weightDecay: 1)
    },
    PlantedFailure("clipping to 1/1000", in: .relu, [.clipping]) { training, _ in
      training.optimizer = SGD(for: training.model, learningRate: 0.1)
      training.clip = 1e-3
    },
  ]

  private static let tooLong: [Finding.Kind] = [
    .longStep, .unstableStep, .updateRatio, .risingLoss,
  ]
  private static let tooShort: [Finding.Kind] = [.shortUpdate, .unchangedParameter, .stuckLoss]
}
