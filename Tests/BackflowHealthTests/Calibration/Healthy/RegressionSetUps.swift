import Backflow

/// Regressions, logistic regression and autoencoders.
extension HealthySetUp {
  static let regressions: [HealthySetUp] = [
    HealthySetUp("linear regression with much noise, Adam", .regression, .determination(0.6)) {
      WatchedTraining(
        Sequential([8, 1], Tanh(), weights: .glorotUniform(), using: &$0), .linear(noise: 2),
        steps: 500
      ) { Adam(for: $0, learningRate: 0.02) }
    },
    HealthySetUp("logistic regression from zero, SGD", .regression, .accuracy(0.92)) { _ in
      WatchedTraining(
        Sequential<Float> { Dense(weight: .zeros([1, 8]), bias: .zeros([1])) }, .sides(),
        steps: 400
      ) { SGD(for: $0, learningRate: 0.5) }
    },
    HealthySetUp("sine, tanh 1-32-32-1, Adam", .regression, .determination(0.98)) {
      WatchedTraining(
        Sequential([1, 32, 32, 1], Tanh(), weights: .glorotUniform(), using: &$0), .sine(),
        steps: 600
      ) { Adam(for: $0, learningRate: 0.005) }
    },
    HealthySetUp("sine, tanh 1-32-1, PyTorch's defaults, SGD", .regression, .determination(0.8)) {
      WatchedTraining(
        Sequential([1, 32, 1], Tanh(), weights: .zeros, using: &$0).withPyTorchDefaults(using: &$0),
        .sine(), steps: 1500
      ) { SGD(for: $0, learningRate: 0.05, momentum: 0.9) }
    },
    HealthySetUp(HealthyBase.friedman), HealthySetUp(HealthyBase.linear),
    HealthySetUp(HealthyBase.twoNetworks),
    HealthySetUp("Friedman in its own unit, Huber, Adam", .regression, .determination(0.85)) {
      WatchedTraining(
        Sequential([10, 64, 64, 1], ReLU(), weights: .heUniform(), using: &$0),
        .friedman(unit: 1) { huber($0, $1) }, steps: 800
      ) { Adam(for: $0, learningRate: 0.005) }
    },
    HealthySetUp("Friedman, batch norm, SGD with momentum", .regression, .determination(0.8)) {
      WatchedTraining(
        Sequential<Float>(
          [
            Dense(inputSize: 10, outputSize: 48, weights: .heUniform(), using: &$0),
            BatchNorm(channels: 48), ReLU(),
            Dense(inputSize: 48, outputSize: 48, weights: .heUniform(), using: &$0),
            BatchNorm(channels: 48), ReLU(), Dense(inputSize: 48, outputSize: 1, using: &$0),
          ] as [any Layer<Float>]), .friedman(batch: 64), steps: 500
      ) { SGD(for: $0, learningRate: 0.02, momentum: 0.9) }.with {
        $0.schedule = CosineSchedule(0.02, steps: 500)
      }
    },
    HealthySetUp("autoencoder of digits, tanh, Adam", .regression, .determination(0.6)) {
      WatchedTraining(
        Sequential([64, 48, 12, 48, 64], Tanh(), weights: .glorotUniform(), using: &$0),
        .digitImages(), steps: 600
      ) { Adam(for: $0, learningRate: 0.002) }
    },
    HealthySetUp("autoencoder of digits, ReLU and sigmoid, Adam", .regression, .determination(0.6))
    {
      var network = Sequential([64, 64, 16, 64, 64], ReLU(), weights: .heUniform(), using: &$0)
      network.layers.append(Sigmoid<Float>())
      return WatchedTraining(network, .digitImages(), steps: 600) {
        Adam(for: $0, learningRate: 0.002)
      }
    },
  ]
}
