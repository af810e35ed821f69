import Backflow
import Foundation

/// Very wide, very narrow and deep networks, and other initializers.
extension HealthySetUp {
  static let secondNetworks: [HealthySetUp] = [
    digits("ReLU 64-1024-10, Adam", [64, 1024, 10], ReLU(), .heUniform()) {
      Adam(for: $0, learningRate: 1e-3)
    },
    digits("tanh 64-6-6-10, Adam", [64, 6, 6, 10], Tanh(), .glorotUniform(), quality: 0.84) {
      Adam(for: $0, learningRate: 0.01)
    },
    digits("tanh 64-64-64-10, orthogonal, AdamW 0.1", [64, 64, 64, 10], Tanh(), .orthogonal()) {
      AdamW(for: $0, learningRate: 0.003, weightDecay: 0.1)
    },
    digits(
      "ReLU 64-48-48-10, small normal, Adam", [64, 48, 48, 10], ReLU(),
      .normal(standardDeviation: 0.05), quality: 0.91
    ) {
      Adam(for: $0, learningRate: 0.003)
    },
    digits(
      "ReLU 64-48-48-10, RMSProp with momentum", [64, 48, 48, 10], ReLU(), .heNormal()
    ) {
      RMSProp(for: $0, learningRate: 3e-4, alpha: 0.95, momentum: 0.9)
    },
    digits(
      "ReLU 64-64-64-10, batch 512, SGD, warm-up", [64, 64, 64, 10], ReLU(), .heUniform(),
      batch: 512, steps: 300, schedule: WarmupSchedule(steps: 20, then: ConstantSchedule(0.3))
    ) {
      SGD(for: $0, learningRate: 0.3)
    },
    HealthySetUp("biases that start at 0.1, ReLU, Nesterov", .dense, .accuracy(0.94)) {
      var network = Sequential([64, 48, 48, 10], ReLU(), weights: .heUniform(), using: &$0)
      network.visitParameters { _, value in
        if value.rank == 1 { value = Tensor(repeating: 0.1, shape: value.shape) }
      }
      return WatchedTraining(network, .digits(), steps: 500) {
        SGD(for: $0, learningRate: 0.01, momentum: 0.95, nesterov: true)
      }
    },
    HealthySetUp("twelve residual blocks of width 8, tanh, Adam", .dense, .accuracy(0.87)) {
      var layers: [any Layer<Float>] = [Dense<Float>(inputSize: 64, outputSize: 8, using: &$0)]
      for _ in 0..<12 {
        layers.append(
          Residual(
            Sequential<Float>([
              Dense<Float>(inputSize: 8, outputSize: 8, using: &$0), Tanh<Float>(),
            ])))
      }
      layers.append(Dense<Float>(inputSize: 8, outputSize: 10, using: &$0))
      return WatchedTraining(Sequential(layers), .digits(), steps: 700) {
        Adam(for: $0, learningRate: 0.005)
      }
    },
    HealthySetUp("residual layers with layer norm, ELU, AdamW", .dense, .accuracy(0.89)) {
      var layers: [any Layer<Float>] = [Dense<Float>(inputSize: 64, outputSize: 24, using: &$0)]
      for _ in 0..<4 {
        layers.append(
          Residual(
            Sequential<Float>([
              LayerNorm<Float>(size: 24),
              Dense<Float>(inputSize: 24, outputSize: 24, using: &$0), ELU<Float>(),
              Dense<Float>(
                inputSize: 24, outputSize: 24, weights: .normal(standardDeviation: 0.02), using: &$0
              ),
            ])))
      }
      layers.append(Dense<Float>(inputSize: 24, outputSize: 10, using: &$0))
      return WatchedTraining(Sequential(layers), .digits(), steps: 400) {
        AdamW(for: $0, learningRate: 0.003, beta2: 0.95, weightDecay: 0.1)
      }
    },
    HealthySetUp("four linear layers from the identity, SGD", .regression, .determination(0.98)) {
      WatchedTraining(
        Sequential<Float>([
          Dense<Float>(inputSize: 8, outputSize: 8, weights: .identity(), using: &$0),
          Dense<Float>(inputSize: 8, outputSize: 8, weights: .identity(), using: &$0),
          Dense<Float>(inputSize: 8, outputSize: 8, weights: .identity(), using: &$0),
          Dense<Float>(inputSize: 8, outputSize: 1, using: &$0),
        ]), .linear(noise: 0.3), steps: 400
      ) { SGD(for: $0, learningRate: 0.01) }
    },
  ]

  private static func digits(
    _ name: String, _ sizes: [Int], _ nonlinearity: any Layer<Float>, _ weights: Initializer,
    batch: Int = 32, steps: Int = 500, quality: Double = 0.94, schedule: (any Schedule)? = nil,
    _ optimizer: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>
  ) -> HealthySetUp {
    HealthySetUp(name, .dense, .accuracy(quality)) {
      WatchedTraining(
        Sequential(sizes, nonlinearity, weights: weights, using: &$0), .digits(batch: batch),
        steps: steps, optimizer
      ).with { $0.schedule = schedule }
    }
  }
}
