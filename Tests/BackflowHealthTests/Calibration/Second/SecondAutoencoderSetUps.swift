import Backflow

/// Autoencoders: denoising, sparse, tied, with a narrow code, and variational.
extension HealthySetUp {
  static let secondAutoencoders: [HealthySetUp] = [
    HealthySetUp("denoising autoencoder, ReLU, Adam", .regression, .determination(0.78)) {
      WatchedTraining(
        Sequential([64, 64, 64], ReLU(), weights: .heUniform(), using: &$0), .denoised(0.2),
        steps: 500
      ) { Adam(for: $0, learningRate: 0.003) }
    },
    HealthySetUp("sparse code, ReLU, Adam", .regression, .determination(0.93)) {
      WatchedTraining(
        CodedAutoencoder(
          encoder: Sequential<Float>([
            Dense<Float>(inputSize: 64, outputSize: 96, weights: .heUniform(), using: &$0),
            ReLU<Float>(),
          ]), decoder: Sequential([96, 64], ReLU(), weights: .glorotUniform(), using: &$0)),
        .coded(magnitude), steps: 500
      ) { Adam(for: $0, learningRate: 0.003) }
    },
    HealthySetUp("tied weights, SGD with momentum", .regression, .determination(0.93)) {
      WatchedTraining(
        TiedAutoencoder(inputSize: 64, hiddenSize: 24, using: &$0), .digitImages(), steps: 600
      ) { SGD(for: $0, learningRate: 1, momentum: 0.9) }
    },
    HealthySetUp("code of 2 units, tanh, AdamW", .regression, .determination(0.45)) {
      WatchedTraining(
        Sequential([64, 48, 2, 48, 64], Tanh(), weights: .glorotUniform(), using: &$0),
        .digitImages(), steps: 700
      ) { AdamW(for: $0, learningRate: 0.003) }
    },
    HealthySetUp("variational autoencoder, 4 units, Adam", .regression, .determination(0.54)) {
      WatchedTraining(
        CodedAutoencoder(
          encoder: Sequential([64, 48, 8], ReLU(), weights: .heUniform(), using: &$0),
          decoder: Sequential([4, 48, 64], ReLU(), weights: .heUniform(), using: &$0),
          isVariational: true),
        .coded(divergence), steps: 700
      ) { Adam(for: $0, learningRate: 0.003) }
    },
  ]

  /// A penalty of 0.02 for each unit of the code, which is not negative.
  private static func magnitude(_ code: Tensor<Float>) -> (Float, Tensor<Float>) {
    let weight = 0.02 / Float(code.shape[0])
    let slopes = code.elements.map { $0 > 0 ? weight : 0 }
    return (weight * code.sum(), Tensor(slopes, shape: code.shape))
  }

  /// The mean divergence between the code's normal distributions and the standard one.
  private static func divergence(_ code: Tensor<Float>) -> (Float, Tensor<Float>) {
    let (count, size) = (code.shape[0], code.shape[1] / 2)
    let weight = 0.25 / Float(count)
    let mean = code.slice(0..<size, axis: 1)
    let spread = code.slice(size..<2 * size, axis: 1)
    let loss = 0.5 * (mean.squared() + exp(spread) - spread - 1).sum()
    return (
      weight * loss, .concatenate([mean * weight, (exp(spread) - 1) * (weight / 2)], axis: 1)
    )
  }
}

extension LearningTask {
  /// Clean digits from noisy ones.
  fileprivate static func denoised(_ noise: Double) -> LearningTask {
    func noisy(_ batch: TrainingBatch, _ random: inout RandomSource) -> TrainingBatch {
      TrainingBatch(
        inputs: batch.inputs + random.normal(batch.inputs.shape, standardDeviation: noise),
        targets: batch.inputs)
    }
    var random = RandomSource(seed: 41)
    return regression(batch: 32, heldOut: noisy(heldOutDigits, &random)) { size, random in
      noisy(drawDigits(size, &random), &random)
    }
  }

  /// Digits from their code: half the squared error of an image and a penalty of the code.
  fileprivate static func coded(
    _ penalty: @escaping (Tensor<Float>) -> (Float, Tensor<Float>)
  ) -> LearningTask {
    func images(_ batch: TrainingBatch) -> TrainingBatch {
      TrainingBatch(inputs: batch.inputs, targets: batch.inputs)
    }
    return own(
      heldOut: images(heldOutDigits),
      loss: SecondLosses.split(
        at: 64,
        { output, batch in
          let (loss, gradient) = meanSquaredError(output, batch.targets)
          return (32 * loss, gradient * 32)
        }, { code, _ in penalty(code) }),
      score: { SecondScores.determination($0.slice(0..<64, axis: 1), $1) }
    ) { images(drawDigits($0, &$1)) }
  }
}
