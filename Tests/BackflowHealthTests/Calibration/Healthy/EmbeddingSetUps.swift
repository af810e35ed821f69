import Backflow

/// Networks that read bags of tokens, most of which are absent from a batch.
extension HealthySetUp {
  static let embeddings: [HealthySetUp] = [
    HealthySetUp(HealthyBase.bag),
    HealthySetUp("bag of tokens, hidden layer, Adam", .embedding, .accuracy(0.9)) {
      WatchedTraining(bag(hidden: 32, &$0), .topics(), steps: 500) {
        Adam(for: $0, learningRate: 0.005)
      }
    },
    HealthySetUp("bag of tokens, batch 4, SGD with momentum", .embedding, .accuracy(0.9)) {
      WatchedTraining(bag(hidden: nil, &$0), .topics(batch: 4), steps: 2000) {
        SGD(for: $0, learningRate: 0.2, momentum: 0.9)
      }
    },
  ]

  static func bag(
    hidden: Int?, _ random: inout RandomSource
  ) -> TokenNetwork<Sequential<Float>> {
    var layers: [any Layer<Float>] = [MeanOverAxis(axis: 1)]
    if let hidden {
      layers += [
        Dense<Float>(inputSize: 16, outputSize: hidden, weights: .heUniform(), using: &random),
        ReLU<Float>(),
      ]
    }
    layers.append(Dense<Float>(inputSize: hidden ?? 16, outputSize: 4, using: &random))
    return TokenNetwork(
      embedding: Embedding(count: 400, size: 16, using: &random), body: Sequential(layers))
  }
}
