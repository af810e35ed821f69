import Backflow

/// Regressions with losses other than the square, and two losses at once.
extension HealthySetUp {
  static let secondLosses: [HealthySetUp] = [
    HealthySetUp("two heads, digit and share of ink, Adam", .dense, .accuracy(0.93)) {
      WatchedTraining(heads(10, 1, &$0), .twoHeads(), steps: 500) {
        Adam(for: $0, learningRate: 0.003, beta2: 0.95)
      }
    },
    HealthySetUp("two heads, digit and parity, Nesterov 0.95", .dense, .accuracy(0.94)) {
      WatchedTraining(heads(10, 2, &$0), .digitAndParity(), steps: 500) {
        SGD(for: $0, learningRate: 0.02, momentum: 0.95, nesterov: true)
      }
    },
    scalar("counts, Poisson's loss, ReLU, Adam", .determination(0.42), .counts()) {
      Adam(for: $0, learningRate: 0.003)
    },
    scalar("waiting times, exponential loss, RMSProp", .determination(0.94), .waits()) {
      RMSProp(for: $0, learningRate: 1e-3, momentum: 0.5)
    },
    HealthySetUp("noise that depends on the input, Gaussian loss", .regression, .loss(-0.62)) {
      WatchedTraining(
        Sequential([1, 32, 32, 2], Tanh(), weights: .glorotUniform(), using: &$0),
        .heteroscedastic(), steps: 800
      ) { Adam(for: $0, learningRate: 0.005) }
    },
    scalar("quantile 0.9, Adam", .determination(0.53), .noisyWaves(SecondLosses.quantile(0.9))) {
      Adam(for: $0, learningRate: 0.005)
    },
    scalar(
      "insensitive to small errors, SGD with momentum", .determination(0.61),
      .noisyWaves(SecondLosses.insensitive(0.1))
    ) {
      SGD(for: $0, learningRate: 0.02, momentum: 0.9)
    },
    scalar(
      "outliers, ln cosh, AdamW", .determination(0.57),
      .noisyWaves(SecondLosses.logCosh, outliers: 0.05)
    ) {
      AdamW(for: $0, learningRate: 0.005, weightDecay: 0.1)
    },
    HealthySetUp("two normal inputs, hinge, SGD", .dense, .accuracy(0.93)) {
      WatchedTraining(
        Sequential([2, 24, 1], ReLU(), weights: .heNormal(), using: &$0), .ring(), steps: 700
      ) { SGD(for: $0, learningRate: 0.1, momentum: 0.5) }
    },
    HealthySetUp(
      "inputs of mean 3 and deviation 5, linear, Adam", .regression, .determination(0.97)
    ) {
      WatchedTraining(
        Sequential([6, 1], Tanh(), weights: .glorotUniform(), using: &$0), .shiftedLinear(),
        steps: 800
      ) { Adam(for: $0, learningRate: 0.02) }
    },
    HealthySetUp("inputs of mean 3 and deviation 5, ReLU, Adam", .regression, .determination(0.93))
    {
      WatchedTraining(
        Sequential([6, 32, 1], ReLU(), weights: .heUniform(), using: &$0), .shiftedLinear(),
        steps: 800
      ) { Adam(for: $0, learningRate: 0.01) }
    },
    HealthySetUp("table of 200 values, one-hot, Adagrad", .regression, .determination(0.99)) {
      WatchedTraining(
        Sequential([200, 1], Tanh(), weights: .zeros, using: &$0), .table(), steps: 900
      ) { Adagrad(for: $0, learningRate: 0.5) }
    },
  ]

  private static func scalar(
    _ name: String, _ quality: Quality, _ task: @escaping @autoclosure @Sendable () -> LearningTask,
    _ optimizer: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>
  ) -> HealthySetUp {
    HealthySetUp(name, .regression, quality) {
      WatchedTraining(
        Sequential([4, 32, 32, 1], ReLU(), weights: .heUniform(), using: &$0), task(), steps: 700,
        optimizer)
    }
  }

  private static func heads(_ first: Int, _ second: Int, _ random: inout RandomSource) -> TwoHeads {
    TwoHeads(
      trunk: Sequential<Float>([
        Dense<Float>(inputSize: 64, outputSize: 48, weights: .heUniform(), using: &random),
        ReLU<Float>(),
      ]),
      first: Sequential([48, 24, first], ReLU(), weights: .heUniform(), using: &random),
      second: Sequential([48, 16, second], ReLU(), weights: .heUniform(), using: &random))
  }
}
