import Backflow

/// One dense network with every optimizer, schedule and clipping, and with normalization.
extension HealthySetUp {
  static let optimized: [HealthySetUp] = [
    optimizer("RMSProp") { RMSProp(for: $0, learningRate: 1e-3) },
    optimizer("Nesterov, step schedule", StepSchedule(0.1, every: 150, factor: 0.3)) {
      SGD(for: $0, learningRate: 0.1, momentum: 0.9, nesterov: true)
    },
    optimizer("AdamW, cosine to zero", CosineSchedule(0.003, steps: 500)) { AdamW(for: $0) },
    optimizer("SGD, weight decay", quality: 0.93) {
      SGD(for: $0, learningRate: 0.1, momentum: 0.5, weightDecay: 1e-4)
    },
    optimizer(
      "Adam, warm-up", WarmupSchedule(steps: 100, then: ConstantSchedule(0.002))
    ) { Adam(for: $0) },
    optimizer("SGD clipped to norm 1", clip: 1) { SGD(for: $0, learningRate: 0.1) },
    optimizer("SGD with a large learning rate", quality: 0.93) { SGD(for: $0, learningRate: 0.5) },
    HealthySetUp("full batches at the edge of stability", .dense, .accuracy(0.87)) {
      WatchedTraining(
        Sequential([64, 32, 10], Tanh(), weights: .glorotUniform(), using: &$0),
        .digits(batch: 256, limit: 256), steps: 500
      ) { SGD(for: $0, learningRate: 1.5) }
    },
  ]

  static let normalized: [HealthySetUp] = [
    HealthySetUp(HealthyBase.batchNorm), HealthySetUp(HealthyBase.residual),
    HealthySetUp(HealthyBase.dropout),
    layers("layer norm, GELU, AdamW", steps: 400) {
      [
        Dense(inputSize: 64, outputSize: 48, using: &$0), LayerNorm(size: 48), GELU(),
        Dense(inputSize: 48, outputSize: 48, using: &$0), LayerNorm(size: 48), GELU(),
        Dense(inputSize: 48, outputSize: 10, using: &$0),
      ]
    } optimizer: {
      AdamW(for: $0, learningRate: 0.002)
    },
    layers("residual branches that start at zero, SGD", steps: 500, quality: 0.9) { random in
      func branch() -> any Layer<Float> {
        Residual(
          Sequential([
            Dense<Float>(inputSize: 48, outputSize: 48, weights: .heUniform(), using: &random),
            ReLU<Float>(),
            Dense<Float>(inputSize: 48, outputSize: 48, weights: .zeros, using: &random),
          ]))
      }
      return [
        Dense(inputSize: 64, outputSize: 48, using: &random), branch(), branch(), branch(), ReLU(),
        Dense(inputSize: 48, outputSize: 10, using: &random),
      ]
    } optimizer: {
      SGD(for: $0, learningRate: 0.05, momentum: 0.9)
    },
    layers("head that starts at zero, tanh, Adam", steps: 600) {
      [
        Dense(inputSize: 64, outputSize: 48, using: &$0), Tanh(),
        Dense(inputSize: 48, outputSize: 48, using: &$0), Tanh(),
        Dense(inputSize: 48, outputSize: 10, weights: .zeros, using: &$0),
      ]
    } optimizer: {
      Adam(for: $0)
    },
  ]

  private static func optimizer(
    _ name: String, _ schedule: (any Schedule)? = nil, clip: Double? = nil, quality: Double = 0.93,
    _ make: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>
  ) -> HealthySetUp {
    HealthySetUp("ReLU 64-64-64-10, \(name)", .dense, .accuracy(quality)) {
      WatchedTraining(
        Sequential([64, 64, 64, 10], ReLU(), weights: .heUniform(), using: &$0), .digits(),
        steps: 500, make
      ).with {
        $0.schedule = schedule
        $0.clip = clip
      }
    }
  }

  private static func layers(
    _ name: String, steps: Int, quality: Double = 0.93,
    _ make: @escaping @Sendable (inout RandomSource) -> [any Layer<Float>],
    optimizer: @escaping @Sendable (Sequential<Float>) -> any Optimizer<Float>
  ) -> HealthySetUp {
    HealthySetUp(name, .dense, .accuracy(quality)) {
      WatchedTraining(Sequential<Float>(make(&$0)), .digits(), steps: steps, optimizer)
    }
  }
}
