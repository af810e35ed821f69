import Backflow

/// Very small and very wide layers, small batches of batch norm, and convolutions of
/// 1 × 1 and in groups.
extension HealthySetUp {
  static let thirdSizes: [HealthySetUp] = [
    adam(
      "three tanh units, Adam", .regression, .determination(0.97), .ridge(), steps: 1000, rate: 0.01
    ) {
      Sequential([2, 3, 1], Tanh(), weights: .glorotUniform(), using: &$0)
    },
    HealthySetUp("ReLU 64-2048-10, SGD with momentum", .dense, .accuracy(0.93)) {
      WatchedTraining(
        Sequential([64, 2048, 10], ReLU(), weights: .heUniform(), using: &$0), .digits(),
        steps: 250
      ) { SGD(for: $0, learningRate: 0.01, momentum: 0.9) }
    },
    HealthySetUp("batch norm, ReLU, batch 8, SGD with momentum", .dense, .accuracy(0.94)) {
      WatchedTraining(
        Sequential<Float>([
          Dense<Float>(inputSize: 64, outputSize: 48, bias: false, using: &$0),
          BatchNorm<Float>(channels: 48), ReLU<Float>(),
          Dense<Float>(inputSize: 48, outputSize: 48, bias: false, using: &$0),
          BatchNorm<Float>(channels: 48), ReLU<Float>(),
          Dense<Float>(inputSize: 48, outputSize: 10, using: &$0),
        ]), .digits(batch: 8), steps: 1000
      ) { SGD(for: $0, learningRate: 0.01, momentum: 0.9) }
    },
    HealthySetUp("1 × 1 convolutions, colors of pixels, Adam", .convolutional, .accuracy(0.96)) {
      WatchedTraining(
        Sequential<Float>([
          Conv2D<Float>(inputChannels: 3, outputChannels: 16, kernelSize: 1, using: &$0),
          ReLU<Float>(),
          Conv2D<Float>(inputChannels: 16, outputChannels: 16, kernelSize: 1, using: &$0),
          ReLU<Float>(),
          Conv2D<Float>(
            inputChannels: 16, outputChannels: 1, kernelSize: 1, weights: .glorotUniform(),
            using: &$0),
        ]), .colors(), steps: 600
      ) { Adam(for: $0, learningRate: 0.005) }
    },
    adam(
      "convolutions in groups, dropout, AvgPool, Adam", .convolutional, .accuracy(0.95),
      .digits(.channel), steps: 500, rate: 0.003
    ) {
      Sequential<Float>([
        Conv2D<Float>(inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, using: &$0),
        ReLU<Float>(), AvgPool2D<Float>(kernelSize: 2),
        Conv2D<Float>(
          inputChannels: 8, outputChannels: 16, kernelSize: 3, padding: 1, groups: 4, using: &$0),
        ReLU<Float>(), Flatten<Float>(), Dropout<Float>(probability: 0.3),
        Dense<Float>(inputSize: 256, outputSize: 10, using: &$0),
      ])
    },
  ]
}

extension LearningTask {
  /// y = tanh 2(x₁ + x₂) + x₁/2 with noise.
  fileprivate static func ridge() -> LearningTask {
    regression(batch: 32) { size, random in
      let x: Tensor<Float> = random.normal([size, 2])
      let (one, other) = (x.slice(0..<1, axis: 1), x.slice(1..<2, axis: 1))
      let noise: Tensor<Float> = random.normal([size, 1], standardDeviation: 0.1)
      return TrainingBatch(inputs: x, targets: tanh((one + other) * 2) + one / 2 + noise)
    }
  }

  /// Whether the color of a pixel is near to a given one.
  fileprivate static func colors() -> LearningTask {
    own(
      batch: 16, test: 100, loss: { sigmoidCrossEntropy($0, $1.targets) },
      score: SecondScores.sides
    ) { size, random in
      let x: Tensor<Float> = random.uniform([size, 3, 6, 6], in: -1..<1)
      let distances = (x - 0.2).squared().sum(axis: 1).elements
      let isNear = distances.map { (square: Float) -> Float in square < 0.9 ? 1 : 0 }
      return TrainingBatch(inputs: x, targets: Tensor(isNear, shape: [size, 1, 6, 6]))
    }
  }
}
