import Backflow

/// Networks with self-attention.
extension HealthySetUp {
  static let attention: [HealthySetUp] = [
    HealthySetUp(HealthyBase.attention),
    HealthySetUp("attention, reversal of 8 tokens, Adam", .attention, .accuracy(0.95)) {
      WatchedTraining(
        Sequential<Float>(
          [
            Dense(inputSize: 12, outputSize: 32, using: &$0),
            Residual(MultiHeadAttention<Float>(size: 32, heads: 2, using: &$0)),
            LayerNorm(size: 32), Dense(inputSize: 32, outputSize: 4, using: &$0),
          ] as [any Layer<Float>]), .reversal(time: 8), steps: 500
      ) { Adam(for: $0, learningRate: 0.003) }
    },
    HealthySetUp("transformer block, characters, AdamW", .attention, .loss(0.5)) { random in
      let size = 32
      func block() -> [any Layer<Float>] {
        [
          Residual(
            Sequential<Float>([
              LayerNorm<Float>(size: size),
              MultiHeadAttention<Float>(size: size, heads: 4, isCausal: true, using: &random),
            ])),
          Residual(
            Sequential<Float>([
              LayerNorm<Float>(size: size),
              Dense<Float>(inputSize: size, outputSize: 2 * size, using: &random), GELU<Float>(),
              Dense<Float>(inputSize: 2 * size, outputSize: size, using: &random),
            ])),
        ]
      }
      let characters = LearningTask.alphabet.count
      let layers =
        [Dense<Float>(inputSize: characters + 16, outputSize: size, using: &random)] + block() + [
          LayerNorm<Float>(size: size),
          Dense<Float>(inputSize: size, outputSize: characters, using: &random),
        ]
      return WatchedTraining(
        Sequential<Float>(layers), .characters(.samplesFirst, time: 16), steps: 400
      ) { AdamW(for: $0) }.with {
        $0.schedule = WarmupSchedule(steps: 30, then: CosineSchedule(0.01, steps: 370))
        $0.clip = 1
      }
    },
  ]
}
