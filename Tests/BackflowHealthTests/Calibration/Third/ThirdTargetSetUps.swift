import Backflow
import Foundation

/// Targets of another size, offset or distribution, and trainings that go on when nothing is left
/// to learn.
extension HealthySetUp {
  static let thirdTargets: [HealthySetUp] = [
    adam(
      "log-normal targets, Huber, Adam", .regression, .determination(0.81), .logNormal(),
      steps: 800,
      rate: 0.003
    ) {
      Sequential([4, 48, 48, 1], ReLU(), weights: .heUniform(), using: &$0)
    },
    HealthySetUp("targets of size 0.001, last layer from zero", .regression, .determination(0.78)) {
      var network = Sequential([10, 64, 64, 1], ReLU(), weights: .heUniform(), using: &$0)
      network.layers[4] = Dense<Float>(
        inputSize: 64, outputSize: 1, weights: .zeros, using: &$0)
      return WatchedTraining(network, .friedman(unit: 4900), steps: 2000) { Adam(for: $0) }.with {
        $0.schedule = CosineSchedule(3e-4, steps: 2000)
      }
    },
    HealthySetUp("targets of size 1000, ReLU, Adam", .regression, .determination(0.97)) {
      WatchedTraining(
        Sequential([10, 64, 64, 1], ReLU(), weights: .heUniform(), using: &$0),
        .withoutConstant(.friedman(unit: 0.0049)), steps: 1000
      ) { Adam(for: $0, learningRate: 0.03) }
    },
    adam(
      "Friedman with an offset of 100, ReLU, Adam", .regression, .determination(0.59),
      .withoutConstant(.shifted(.friedman(), by: 100)), steps: 2000, rate: 0.03
    ) {
      Sequential([10, 64, 64, 1], ReLU(), weights: .heUniform(), using: &$0)
    } with: {
      $0.schedule = CosineSchedule(0.03, steps: 2000)
    },
    HealthySetUp("linear data without noise, SGD", .regression, .determination(0.99)) {
      WatchedTraining(
        Sequential([8, 1], Tanh(), weights: .glorotUniform(), using: &$0), .linear(noise: 0),
        steps: 2000
      ) { SGD(for: $0, learningRate: 0.05) }
    },
    HealthySetUp("40 points, long after convergence, SGD", .regression, .determination(0.98)) {
      WatchedTraining(
        Sequential([1, 16, 1], Tanh(), weights: .glorotUniform(), using: &$0), .fewPoints(),
        steps: 4000
      ) { SGD(for: $0, learningRate: 0.05, momentum: 0.9) }
    },
  ]
}

extension LearningTask {
  /// Log-normal targets, by Huber's loss.
  fileprivate static func logNormal() -> LearningTask {
    regression(batch: 64, loss: { huber($0, $1) }) { size, random in
      let x: Tensor<Float> = random.normal([size, 4])
      let y = (0..<size).map { row -> Float in
        exp(0.6 * x[row, 0] - 0.4 * x[row, 1].magnitude + Float(0.2 * random.normal()))
      }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 1]))
    }
  }

  /// The task without the loss of the best constant guess.
  fileprivate static func withoutConstant(_ task: LearningTask) -> LearningTask {
    var copy = task
    copy.constantLoss = nil
    return copy
  }

  /// The task with an offset on all targets.
  fileprivate static func shifted(_ task: LearningTask, by offset: Float) -> LearningTask {
    var copy = task
    copy.batch = { predict, random in
      var batch = task.batch(predict, &random)
      batch.targets = batch.targets + offset
      return batch
    }
    copy.score = { predict in task.score { predict($0) - offset } }
    return copy
  }

  /// The same 40 points of a sine at every step.
  fileprivate static func fewPoints() -> LearningTask {
    let x = Tensor<Float>((0..<40).map { Float($0) * 0.1 - 1.95 }, shape: [40, 1])
    let points = TrainingBatch(
      inputs: x, targets: Tensor(x.elements.map { sin(2 * $0) }, shape: [40, 1]))
    return regression(batch: 40, heldOut: points) { _, _ in points }
  }
}
