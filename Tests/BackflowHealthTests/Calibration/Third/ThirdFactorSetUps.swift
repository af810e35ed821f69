import Backflow

/// Vectors of words and of rated items, whose products are what is learned.
extension HealthySetUp {
  static let thirdFactors: [HealthySetUp] = [
    HealthySetUp("skip-gram, negative sampling, Adam", .embedding, .accuracy(0.81)) {
      WatchedTraining(ItemPairs(60, 60, size: 8, using: &$0), .neighbors(), steps: 800) {
        Adam(for: $0, learningRate: 0.01)
      }
    },
    HealthySetUp("matrix factorization of ratings, SGD", .embedding, .determination(0.94)) {
      WatchedTraining(ItemPairs(40, 30, size: 4, using: &$0), .ratings(), steps: 1500) {
        SGD(for: $0, learningRate: 2, weightDecay: 1e-4)
      }
    },
  ]
}

/// The scalar products of the vectors of pairs of items. It reads pairs of indices, [B, 2].
private struct ItemPairs: Layer {
  typealias Scalar = Float
  var first: Embedding<Float>
  var second: Embedding<Float>

  struct Cache: Sendable {
    let first, second: Tensor<Float>
    let firstCache, secondCache: Embedding<Float>.Cache
  }

  init(_ rows: Int, _ columns: Int, size: Int, using random: inout RandomSource) {
    first = Embedding(weight: random.normal([rows, size], standardDeviation: 0.3))
    second = Embedding(weight: random.normal([columns, size], standardDeviation: 0.3))
  }

  private init(_ first: Embedding<Float>, _ second: Embedding<Float>) {
    (self.first, self.second) = (first, second)
  }

  func forward(_ input: Tensor<Float>) -> (output: Tensor<Float>, cache: Cache) {
    let count = input.shape[0]
    let indices = input.elements.map { Int($0) }
    let (one, oneCache) = first.forward((0..<count).map { indices[2 * $0] }, shape: [count])
    let (other, otherCache) = second.forward(
      (0..<count).map { indices[2 * $0 + 1] }, shape: [count])
    return (
      (one * other).sum(axis: 1).reshaped(to: [count, 1]),
      Cache(first: one, second: other, firstCache: oneCache, secondCache: otherCache)
    )
  }

  func backward(
    _ outputGradient: Tensor<Float>, _ cache: Cache
  ) -> (inputGradient: Tensor<Float>, gradients: ItemPairs) {
    let each = outputGradient.broadcast(to: cache.first.shape)
    return (
      .zeros([outputGradient.shape[0], 2]),
      ItemPairs(
        first.backward(each * cache.second, cache.firstCache).gradients,
        second.backward(each * cache.first, cache.secondCache).gradients)
    )
  }

  mutating func visitParameters(_ visit: ParameterVisitor<Float>) {
    first.visitParameters(under: "first", visit)
    second.visitParameters(under: "second", visit)
  }

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) {
    first.visitBuffers(under: "first", visit)
    second.visitBuffers(under: "second", visit)
  }

  mutating func visitCounters(_ visit: (String, inout Int) -> Void) {
    first.visitCounters(under: "first", visit)
    second.visitCounters(under: "second", visit)
  }
}

extension LearningTask {
  /// Whether a word stands beside another one: words of six topics, with four drawn words for each
  /// true neighbor.
  fileprivate static func neighbors() -> LearningTask {
    own(
      batch: 160, loss: { sigmoidCrossEntropy($0, $1.targets) }, score: SecondScores.sides
    ) { size, random in
      var (pairs, targets) = ([Float](), [Float]())
      for sample in 0..<size {
        let word = random.integer(below: 60)
        let isTrue = sample % 5 == 0
        let other =
          isTrue ? word / 10 * 10 + random.integer(below: 10) : random.integer(below: 60)
        pairs += [Float(word), Float(other)]
        targets.append(isTrue ? 1 : 0)
      }
      return TrainingBatch(
        inputs: Tensor(pairs, shape: [size, 2]), targets: Tensor(targets, shape: [size, 1]))
    }
  }

  /// Ratings of 30 items by 40 users, of rank 3 with noise.
  fileprivate static func ratings() -> LearningTask {
    var source = RandomSource(seed: 93)
    let users: Tensor<Float> = source.normal([40, 3])
    let items: Tensor<Float> = source.normal([3, 30])
    let table = matmul(users, items) * 0.6
    return regression(batch: 64) { size, random in
      let pairs = (0..<size).map { _ in (random.integer(below: 40), random.integer(below: 30)) }
      let ratings = pairs.map { table[$0.0, $0.1] + Float(0.2 * random.normal()) }
      return TrainingBatch(
        inputs: Tensor(pairs.flatMap { [Float($0.0), Float($0.1)] }, shape: [size, 2]),
        targets: Tensor(ratings, shape: [size, 1]))
    }
  }
}
