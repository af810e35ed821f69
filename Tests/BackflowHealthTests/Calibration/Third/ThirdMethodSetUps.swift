import Backflow
import Foundation

/// Methods around the step: one-cycle rates, slow weights, noise, mixed samples, decay by groups.
extension HealthySetUp {
  static let thirdMethods: [HealthySetUp] = [
    digits("one-cycle rate, SGD with momentum", 0.95) {
      SGD(for: $0, learningRate: 0.01, momentum: 0.9)
    } with: { training, _ in
      let fall = CosineSchedule(0.15, steps: 350, minimum: 1.5e-5)
      training.schedule = WarmupSchedule(steps: 150, from: 0.04, then: fall)
    },
    digits("slow weights of Lookahead, Adam", 0.94) {
      Adam(for: $0, learningRate: 0.003)
    } with: { training, _ in
      var slow = training.model
      training.hooks.update = { step, _, model in
        guard step % 5 == 4 else { return }
        model.combine(with: slow) { ($0 + $1) / 2 }
        slow = model
      }
    },
    digits("noise on the gradients, SGD", 0.93) {
      SGD(for: $0, learningRate: 0.1)
    } with: { training, random in
      var noise = random.split()
      training.hooks.direction = { step, gradients in
        let width = 0.03 / pow(Double(1 + max(step, 0)), 0.275)
        gradients.visitParameters { _, value in
          value += noise.normal(value.shape, standardDeviation: width)
        }
      }
    },
    digits("mixup, Adam", 0.95, { .mixup() }) { Adam(for: $0, learningRate: 0.003) },
    digits("decay of weights and not of biases, Adam", 0.95) {
      Adam(for: $0, learningRate: 0.003)
    } with: { training, _ in
      training.hooks.update = { _, before, after in
        after.visitParameters(with: before) { _, value, old in
          if value.rank > 1 { value.add(old, scaledBy: -0.003 * 0.1) }
        }
      }
    },
  ]

  private static func digits(
    _ name: String, _ quality: Double,
    _ task: @escaping @Sendable () -> LearningTask = { .digits() },
    _ optimizer: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>,
    with change:
      @escaping @Sendable (
        inout WatchedTraining<Sequential<Float>>, inout RandomSource
      ) -> Void = { _, _ in }
  ) -> HealthySetUp {
    HealthySetUp("ReLU 64-64-48-10, \(name)", .dense, .accuracy(quality)) {
      var training = WatchedTraining(
        Sequential([64, 64, 48, 10], ReLU(), weights: .heUniform(), using: &$0), task(),
        steps: 500, optimizer)
      change(&training, &$0)
      return training
    }
  }
}

extension LearningTask {
  /// Pairs of digits in shares that are drawn, with their labels in the same shares (Zhang and
  /// others 2018).
  fileprivate static func mixup() -> LearningTask {
    own(
      heldOut: heldOutDigits, loss: { softmaxCrossEntropy($0, $1.targets) },
      score: SecondScores.labels
    ) { size, random in
      let (one, other) = (drawDigits(size, &random), drawDigits(size, &random))
      // The smallest of two uniform numbers is near 0, as a draw from a beta distribution.
      let shares = (0..<size).map { _ in Float(min(random.uniform(), random.uniform()) / 2) }
      let column = Tensor(shares, shape: [size, 1])
      func mixed(_ one: Tensor<Float>, _ other: Tensor<Float>) -> Tensor<Float> {
        one + (other - one) * column.broadcast(to: one.shape)
      }
      return TrainingBatch(
        inputs: mixed(one.inputs, other.inputs),
        targets: mixed(oneHot(one.labels, of: 10), oneHot(other.labels, of: 10)))
    }
  }
}
