import Backflow

/// Networks that have been trained before the monitor starts: fitted ones, and ones that learn a
/// new task.
extension HealthySetUp {
  static let fitted: [HealthySetUp] = [
    HealthySetUp("fitted ReLU network trained further, Adam", .dense, .accuracy(0.9)) {
      fitted(ReLU(), .heUniform(), &$0) { Adam(for: $0) }
    },
    HealthySetUp("fitted tanh network trained further, SGD", .dense, .accuracy(0.9)) {
      fitted(Tanh(), .glorotUniform(), &$0) { SGD(for: $0, learningRate: 0.3) }
    },
    HealthySetUp("fitted regression trained further, SGD", .regression, .determination(0.98)) {
      WatchedTraining(
        Sequential([8, 1], Tanh(), weights: .glorotUniform(), using: &$0), .linear(), steps: 300
      ) { SGD(for: $0, learningRate: 0.05) }.with { $0.unwatchedSteps = 500 }
    },
    HealthySetUp("all layers fine-tuned for other digits, Adam", .dense, .accuracy(0.95)) {
      WatchedTraining(pretrained(&$0), .digits(only: [5, 6, 7, 8, 9]), steps: 400) {
        Adam(for: $0, learningRate: 3e-4)
      }
    },
    HealthySetUp("head fine-tuned above frozen layers, Adam", .dense, .accuracy(0.85)) {
      WatchedTraining(pretrained(&$0), .digits(only: [5, 6, 7, 8, 9]), steps: 400) {
        Adam(for: $0, learningRate: 0.003)
      }.with {
        $0.frozenLayers = ["0.*", "2.*"]
        $0.hooks.update = { _, before, after in
          after.restore("0.", from: before)
          after.restore("2.", from: before)
        }
      }
    },
  ]

  private static func fitted(
    _ nonlinearity: any Layer<Float>, _ weights: Initializer, _ random: inout RandomSource,
    _ makeOptimizer: (Sequential<Float>) -> any Optimizer<Float>
  ) -> WatchedTraining<Sequential<Float>> {
    WatchedTraining(
      Sequential([64, 64, 64, 10], nonlinearity, weights: weights, using: &random),
      .digits(limit: 200), steps: 400, makeOptimizer
    ).with { $0.unwatchedSteps = 800 }
  }

  /// A network that tells the first five digits apart, with a new last layer.
  private static func pretrained(_ random: inout RandomSource) -> Sequential<Float> {
    var training = WatchedTraining(
      Sequential([64, 64, 64, 5], ReLU(), weights: .heUniform(), using: &random),
      .digits(only: [0, 1, 2, 3, 4]), steps: 0
    ) { Adam(for: $0) }
    training.unwatchedSteps = 300
    _ = training.run(every: 1, using: &random)
    training.model.layers[4] = Dense<Float>(inputSize: 64, outputSize: 5, using: &random)
    return training.model
  }
}
