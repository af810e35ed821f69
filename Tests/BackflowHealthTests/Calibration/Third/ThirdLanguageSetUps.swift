import Backflow

/// Small transformers that read embedded tokens [B, T] with learned vectors of their places.
extension HealthySetUp {
  static let thirdLanguage: [HealthySetUp] = [
    adam(
      "masked tokens, attention, Adam", .attention, .accuracy(0.85), .maskedTokens(), steps: 400,
      rate: 0.003
    ) {
      transformer(tokens: 6, outputs: 5, time: 10, isCausal: false, &$0)
    },
    HealthySetUp("causal language model, layer norm, AdamW", .attention, .loss(0.71)) {
      WatchedTraining(
        transformer(tokens: 8, outputs: 8, time: 12, isCausal: true, &$0), .secondOrder(),
        steps: 500
      ) { AdamW(for: $0, beta2: 0.98, weightDecay: 0.01) }.with {
        $0.schedule = WarmupSchedule(steps: 40, then: ConstantSchedule(0.004))
        ($0.clip, $0.showsClipping) = (1, false)
      }
    },
    HealthySetUp("copying with causal attention, Adam", .attention, .accuracy(0.99)) {
      WatchedTraining(
        transformer(tokens: 7, outputs: 6, time: 12, isCausal: true, &$0), .copying(), steps: 500
      ) { Adam(for: $0, learningRate: 0.003) }
    },
  ]

  private static func transformer(
    tokens: Int, outputs: Int, time: Int, isCausal: Bool, _ random: inout RandomSource
  ) -> TokenNetwork<Sequential<Float>> {
    let size = 32
    let layers: [any Layer<Float>] = [
      Places(weight: random.normal([time, size], standardDeviation: 0.3)),
      Residual(
        Sequential<Float>([
          LayerNorm<Float>(size: size),
          MultiHeadAttention<Float>(size: size, heads: 2, isCausal: isCausal, using: &random),
        ])),
      Residual(
        Sequential<Float>([
          LayerNorm<Float>(size: size),
          Dense<Float>(inputSize: size, outputSize: 2 * size, using: &random), GELU<Float>(),
          Dense<Float>(inputSize: 2 * size, outputSize: size, using: &random),
        ])),
      LayerNorm<Float>(size: size),
      Dense<Float>(inputSize: size, outputSize: outputs, using: &random),
    ]
    return TokenNetwork(
      embedding: Embedding(weight: random.normal([tokens, size], standardDeviation: 0.3)),
      body: Sequential(layers))
  }
}

/// A learned vector that is added at each place of a sequence, [B, T, E].
private struct Places: Layer {
  typealias Scalar = Float
  var weight: Tensor<Float>

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Shape) {
    (input + weight.broadcast(to: input.shape), input.shape)
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Shape
  ) -> (inputGradient: Tensor<Float>, gradients: Places) {
    (outputGradient, Places(weight: outputGradient.sum(axis: 0)))
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) { visit("weight", &weight) }

  var signalKind: SignalKind? { .other }
}

extension LearningTask {
  /// The hidden tokens, a quarter of all, of a sequence that counts in steps modulo 5. Token 5 is
  /// the mask; the label of a token that is shown is −1.
  fileprivate static func maskedTokens() -> LearningTask {
    own(
      classes: 5, batch: 32, loss: { softmaxCrossEntropy($0, $1.labels, ignoring: -1) },
      score: SecondScores.labels
    ) { size, random in
      var (tokens, labels) = ([Float](), [Int]())
      for _ in 0..<size {
        let (start, stride) = (random.integer(below: 5), 1 + random.integer(below: 4))
        for t in 0..<10 {
          let (token, isHidden) = ((start + stride * t) % 5, random.uniform() < 0.25)
          tokens.append(isHidden ? 5 : Float(token))
          labels.append(isHidden ? token : -1)
        }
      }
      return TrainingBatch(inputs: Tensor(tokens, shape: [size, 10]), labels: labels)
    }
  }

  /// The next token, which in nine of ten cases follows from the two before it.
  fileprivate static func secondOrder() -> LearningTask {
    classification(classes: 8, batch: 24, scoresLoss: true) { size, random in
      var (tokens, labels) = ([Float](), [Int]())
      for _ in 0..<size {
        var text = [random.integer(below: 8), random.integer(below: 8)]
        for t in 0..<11 {
          let next = (text[t] + 2 * text[t + 1] + 1) % 8
          text.append(random.uniform() < 0.9 ? next : random.integer(below: 8))
        }
        tokens += text[0..<12].map { Float($0) }
        labels += text[1..<13]
      }
      return TrainingBatch(inputs: Tensor(tokens, shape: [size, 12]), labels: labels)
    }
  }

  /// Six tokens, a separator (token 6), and the same tokens again, which are to be told.
  fileprivate static func copying() -> LearningTask {
    own(
      batch: 32, loss: { softmaxCrossEntropy($0, $1.labels, ignoring: -1) },
      score: SecondScores.labels
    ) { size, random in
      var (tokens, labels) = ([Float](), [Int]())
      for _ in 0..<size {
        let text = (0..<6).map { _ in random.integer(below: 6) }
        tokens += (text + [6] + text[0..<5]).map { Float($0) }
        labels += [Int](repeating: -1, count: 6) + text
      }
      return TrainingBatch(inputs: Tensor(tokens, shape: [size, 12]), labels: labels)
    }
  }
}
