import Backflow

/// Recurrent networks in tasks that the code draws: memory, text, forecasting.
extension HealthySetUp {
  static let sequences: [HealthySetUp] = [
    HealthySetUp("LSTM, adding problem, 20 steps", .recurrent, .determination(0.8)) {
      WatchedTraining(
        Sequential(
          LSTM<Float>(inputSize: 2, hiddenSize: 24, using: &$0), outputSize: 1, using: &$0),
        .adding(time: 20), steps: 800
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
    HealthySetUp("GRU, adding problem, 40 steps", .recurrent, .determination(0.8)) {
      WatchedTraining(
        Sequential(
          GRU<Float>(inputSize: 2, hiddenSize: 24, using: &$0), outputSize: 1, using: &$0),
        .adding(time: 40), steps: 600
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
    HealthySetUp("RNN, parity, 8 steps", .recurrent, .accuracy(0.95)) {
      WatchedTraining(
        Sequential(
          RNN<Float>(inputSize: 1, hiddenSize: 32, using: &$0), outputSize: 2, readsAll: true,
          using: &$0),
        .parity(time: 8), steps: 600
      ) { Adam(for: $0, learningRate: 0.005) }.with { $0.clip = 1 }
    },
    HealthySetUp("LSTM, parity, 12 steps", .recurrent, .accuracy(0.95)) {
      WatchedTraining(
        Sequential(
          LSTM<Float>(inputSize: 1, hiddenSize: 24, using: &$0), outputSize: 2, readsAll: true,
          using: &$0),
        .parity(time: 12), steps: 600
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
    HealthySetUp(HealthyBase.recall),
    HealthySetUp("LSTM, recall after 16 steps", .recurrent, .accuracy(0.95)) {
      WatchedTraining(
        Sequential(
          LSTM<Float>(inputSize: 8, hiddenSize: 24, forgetBias: 2, using: &$0), outputSize: 4,
          using: &$0),
        .recall(time: 16), steps: 500
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
    text("LSTM, characters, one-hot", .oneHot) { random in
      Sequential(
        LSTM<Float>(inputSize: LearningTask.alphabet.count, hiddenSize: 48, using: &random),
        outputSize: LearningTask.alphabet.count, readsAll: true, using: &random)
    },
    text("GRU, characters, embedded", .indices) { random in
      TokenNetwork(
        embedding: Embedding(count: LearningTask.alphabet.count, size: 16, using: &random),
        body: Sequential(
          GRU<Float>(inputSize: 16, hiddenSize: 48, using: &random),
          outputSize: LearningTask.alphabet.count, readsAll: true, using: &random))
    },
    text("RNN, characters, embedded", .indices) { random in
      TokenNetwork(
        embedding: Embedding(count: LearningTask.alphabet.count, size: 16, using: &random),
        body: Sequential(
          RNN<Float>(inputSize: 16, hiddenSize: 64, using: &random),
          outputSize: LearningTask.alphabet.count, readsAll: true, using: &random))
    },
    HealthySetUp(HealthyBase.sines),
    HealthySetUp("LSTM, forecast of an autoregression, 100 steps", .recurrent, .determination(0.9))
    {
      WatchedTraining(
        Sequential(
          LSTM<Float>(inputSize: 1, hiddenSize: 16, using: &$0), outputSize: 1, readsAll: true,
          using: &$0),
        .autoregression(time: 100, batch: 8), steps: 300
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
    HealthySetUp("GRU, forecast of sines, 200 steps", .recurrent, .determination(0.9)) {
      WatchedTraining(
        Sequential(
          GRU<Float>(inputSize: 1, hiddenSize: 16, using: &$0), outputSize: 1, readsAll: true,
          using: &$0),
        .sines(time: 200, batch: 4), steps: 250
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
  ]

  private static func text<Model: Layer<Float>>(
    _ name: String, _ shape: LearningTask.TextShape,
    _ make: @escaping @Sendable (inout RandomSource) -> Model
  ) -> HealthySetUp {
    HealthySetUp(name, .recurrent, .loss(0.5)) {
      WatchedTraining(make(&$0), .characters(shape, time: 24), steps: 400) {
        Adam(for: $0, learningRate: 0.01)
      }.with { $0.clip = 1 }
    }
  }
}
