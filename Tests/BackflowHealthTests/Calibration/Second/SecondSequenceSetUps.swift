import Backflow

/// Recurrent networks that label, count, add, echo and forecast.
extension HealthySetUp {
  static let secondSequences: [HealthySetUp] = [
    HealthySetUp("padded sequences labelled at every step, LSTM", .recurrent, .accuracy(0.99)) {
      WatchedTraining(
        Sequential<Float>([
          PaddedRecurrence(recurrence: LSTM<Float>(inputSize: 4, hiddenSize: 24, using: &$0)),
          Dense<Float>(inputSize: 24, outputSize: 3, using: &$0),
        ]), .paddedLabels(time: 14), steps: 600
      ) { Adam(for: $0, learningRate: 0.01) }.with { $0.clip = 1 }
    },
    HealthySetUp("padded sequences, GRU in two directions, mean", .recurrent, .accuracy(0.99)) {
      WatchedTraining(
        Sequential<Float>([
          PaddedRecurrence(
            recurrence: GRU<Float>(
              inputSize: 5, hiddenSize: 16, bidirectional: true, using: &$0)),
          MeanOverAxis(axis: 0), Dense<Float>(inputSize: 32, outputSize: 2, using: &$0),
        ]), .paddedOrder(time: 12), steps: 600
      ) { Adam(for: $0, learningRate: 0.01, beta2: 0.95) }.with { $0.clip = 1 }
    },
    reader(
      "first and last symbol, LSTM in two directions", .accuracy(0.89), .ends(time: 8), steps: 1000
    ) {
      Sequential<Float>([
        LSTM<Float>(inputSize: 4, hiddenSize: 20, bidirectional: true, using: &$0),
        MeanOverAxis(axis: 0), Dense<Float>(inputSize: 40, outputSize: 32, using: &$0),
        ReLU<Float>(), Dense<Float>(inputSize: 32, outputSize: 2, using: &$0),
      ])
    },
    reader("counting ones, GRU", .determination(0.99), .counting(time: 20)) {
      Sequential(GRU<Float>(inputSize: 1, hiddenSize: 16, using: &$0), outputSize: 1, using: &$0)
    },
    reader("depth of brackets, LSTM, forget bias 2", .accuracy(0.99), .brackets(time: 20)) {
      Sequential(
        LSTM<Float>(inputSize: 4, hiddenSize: 24, forgetBias: 2, using: &$0), outputSize: 6,
        readsAll: true, using: &$0)
    },
    reader(
      "addition of binary numbers, RNN", .accuracy(0.99), .addition(time: 10), rate: 0.005
    ) {
      Sequential(
        RNN<Float>(inputSize: 2, hiddenSize: 24, using: &$0), outputSize: 1, readsAll: true,
        using: &$0)
    },
    reader("echo after 4 steps, RNN", .determination(0.98), .echo(time: 20, delay: 4), rate: 0.003)
    {
      Sequential(
        RNN<Float>(inputSize: 1, hiddenSize: 32, using: &$0), outputSize: 1, readsAll: true,
        using: &$0)
    },
    HealthySetUp("logistic map, tanh, Adam", .regression, .determination(0.94)) {
      WatchedTraining(
        Sequential([1, 32, 1], Tanh(), weights: .glorotUniform(), using: &$0), .logisticMap(),
        steps: 800
      ) { Adam(for: $0, learningRate: 0.01) }
    },
    reader("Hénon map from one coordinate, GRU", .determination(0.98), .henon(time: 25)) {
      Sequential(
        GRU<Float>(inputSize: 1, hiddenSize: 24, using: &$0), outputSize: 1, readsAll: true,
        using: &$0)
    },
    reader("repeated patterns, teacher forcing, GRU", .accuracy(0.88), .repeated(time: 18)) {
      TokenNetwork(
        embedding: Embedding(count: 6, size: 12, using: &$0),
        body: Sequential(
          GRU<Float>(inputSize: 12, hiddenSize: 32, using: &$0), outputSize: 6, readsAll: true,
          using: &$0))
    },
    reader("moving average, leaky RNN", .determination(0.98), .average(time: 30), rate: 0.005) {
      Sequential(
        LeakyRNN<Float>(inputSize: 1, hiddenSize: 24, leak: 0.2, using: &$0), outputSize: 1,
        readsAll: true, using: &$0)
    },
    reader("a bit that is set and kept, original GRU", .accuracy(0.99), .latch(time: 16)) {
      Sequential(
        OriginalGRU<Float>(inputSize: 3, hiddenSize: 16, using: &$0), outputSize: 2,
        readsAll: true, using: &$0)
    },
  ]

  private static func reader<Model: Layer<Float>>(
    _ name: String, _ quality: Quality,
    _ task: @escaping @autoclosure @Sendable () -> LearningTask, rate: Double = 0.01,
    steps: Int = 600,
    _ make: @escaping @Sendable (inout RandomSource) -> Model
  ) -> HealthySetUp {
    HealthySetUp(name, .recurrent, quality) {
      WatchedTraining(make(&$0), task(), steps: steps) { Adam(for: $0, learningRate: rate) }
        .with { $0.clip = 1 }
    }
  }
}
