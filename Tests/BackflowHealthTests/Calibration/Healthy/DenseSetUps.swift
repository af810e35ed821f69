import Backflow

/// Dense networks of 1 to 12 layers that classify digits.
extension HealthySetUp {
  static let dense: [HealthySetUp] =
    [
      HealthySetUp(HealthyBase.relu), HealthySetUp(HealthyBase.tanh),
      HealthySetUp(HealthyBase.sigmoid),
      HealthySetUp("softmax regression from zero, SGD", .dense, .accuracy(0.9)) { _ in
        WatchedTraining(
          Sequential<Float> { Dense(weight: .zeros([10, 64]), bias: .zeros([10])) }, .digits(),
          steps: 400
        ) { SGD(for: $0, learningRate: 0.5) }
      },
      HealthySetUp("one layer, SGD with momentum", .dense, .accuracy(0.9)) {
        WatchedTraining(
          Sequential([64, 10], Tanh(), weights: .glorotUniform(), using: &$0), .digits(), steps: 400
        ) { SGD(for: $0, learningRate: 0.05, momentum: 0.9) }
      },
      HealthySetUp("ReLU 64-256-256-10, He, SGD", .dense, .accuracy(0.93)) {
        WatchedTraining(
          Sequential([64, 256, 256, 10], ReLU(), weights: .heUniform(), using: &$0), .digits(),
          steps: 400
        ) { SGD(for: $0, learningRate: 0.1) }
      },
      HealthySetUp("ReLU 64-256-256-10, PyTorch's defaults, Adam", .dense, .accuracy(0.93)) {
        let network = Sequential([64, 256, 256, 10], ReLU(), weights: .zeros, using: &$0)
        return WatchedTraining(network.withPyTorchDefaults(using: &$0), .digits(), steps: 300) {
          Adam(for: $0)
        }
      },
      HealthySetUp("tanh 64-64-64-10, PyTorch's defaults, SGD", .dense, .accuracy(0.9)) {
        let network = Sequential([64, 64, 64, 10], Tanh(), weights: .zeros, using: &$0)
        return WatchedTraining(network.withPyTorchDefaults(using: &$0), .digits(), steps: 600) {
          SGD(for: $0, learningRate: 0.3)
        }
      },
      HealthySetUp("6 ReLU layers, Adam, warm-up, cosine to zero", .dense, .accuracy(0.93)) {
        WatchedTraining(
          Sequential(
            [64, 32, 32, 32, 32, 32, 10], ReLU(), weights: .heNormal(), using: &$0),
          .digits(), steps: 600
        ) { Adam(for: $0) }.with {
          $0.schedule = WarmupSchedule(steps: 50, then: CosineSchedule(0.003, steps: 550))
        }
      },
      HealthySetUp("12 ReLU layers, He, Adam", .dense, .accuracy(0.88)) {
        WatchedTraining(
          Sequential(
            [64] + [Int](repeating: 48, count: 11) + [10], ReLU(), weights: .heNormal(), using: &$0),
          .digits(), steps: 800
        ) { Adam(for: $0) }
      },
      HealthySetUp("12 tanh layers, LeCun, Adam", .dense, .accuracy(0.9)) {
        WatchedTraining(
          Sequential(
            [64] + [Int](repeating: 48, count: 11) + [10], Tanh(), weights: .lecunNormal(),
            using: &$0),
          .digits(), steps: 900
        ) { Adam(for: $0) }
      },
      HealthySetUp("one sigmoid layer, SGD with momentum", .dense, .accuracy(0.9)) {
        WatchedTraining(
          Sequential([64, 32, 10], Sigmoid(), weights: .glorotUniform(), using: &$0), .digits(),
          steps: 800
        ) { SGD(for: $0, learningRate: 0.1, momentum: 0.9) }
      },
      HealthySetUp("two classes, He draws, batch 16", .dense, .accuracy(0.95)) {
        WatchedTraining(
          Sequential([64, 32, 32, 2], ReLU(), weights: .heNormal(), using: &$0),
          .digits(batch: 16, only: [3, 8]), steps: 400
        ) { Adam(for: $0) }
      },
      HealthySetUp("two classes, He draws, dropout, summed loss", .dense, .accuracy(0.97)) {
        WatchedTraining(
          Sequential<Float>(
            [
              Dense(inputSize: 64, outputSize: 64, weights: .heNormal(), using: &$0), ReLU(),
              Dropout(probability: 0.5),
              Dense(inputSize: 64, outputSize: 2, weights: .heNormal(), using: &$0),
            ] as [any Layer<Float>]), .digits(batch: 16, only: [4, 9], reduction: .sum), steps: 400
        ) { SGD(for: $0, learningRate: 0.005) }
      },
      HealthySetUp("ReLU 64-64-64-10, batch 1, SGD", .dense, .accuracy(0.88)) {
        WatchedTraining(
          Sequential([64, 64, 64, 10], ReLU(), weights: .heUniform(), using: &$0),
          .digits(batch: 1), steps: 4000
        ) { SGD(for: $0, learningRate: 0.01) }
      },
      HealthySetUp("tanh 64-48-10, batch 4, Adam", .dense, .accuracy(0.9)) {
        WatchedTraining(
          Sequential([64, 48, 10], Tanh(), weights: .glorotUniform(), using: &$0),
          .digits(batch: 4), steps: 1500
        ) { Adam(for: $0) }
      },
      HealthySetUp("ReLU 64-64-64-10, batch 256, AdamW", .dense, .accuracy(0.93)) {
        WatchedTraining(
          Sequential([64, 64, 64, 10], ReLU(), weights: .heUniform(), using: &$0),
          .digits(batch: 256), steps: 300
        ) { AdamW(for: $0, learningRate: 0.003) }
      },
      HealthySetUp("label smoothing, ReLU, Adam", .dense, .accuracy(0.93)) {
        WatchedTraining(
          Sequential([64, 64, 64, 10], ReLU(), weights: .heUniform(), using: &$0),
          .digits(labelSmoothing: 0.1), steps: 500
        ) { Adam(for: $0) }
      },
    ] + [
      activation("leaky ReLU", LeakyReLU()), activation("ELU", ELU()),
      activation("GELU", GELU()), activation("SiLU", SiLU()), activation("softplus", Softplus()),
    ]
    + optimized + normalized

  private static func activation(
    _ name: String, _ nonlinearity: any Layer<Float>
  ) -> HealthySetUp {
    HealthySetUp("\(name) 64-48-48-10, Adam", .dense, .accuracy(0.92)) {
      WatchedTraining(
        Sequential([64, 48, 48, 10], nonlinearity, weights: .heUniform(), using: &$0), .digits(),
        steps: 500
      ) { Adam(for: $0, learningRate: 0.002) }
    }
  }
}
