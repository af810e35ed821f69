import Backflow

/// Tables with a category, sets, and sparse counts of words.
extension HealthySetUp {
  static let thirdTables: [HealthySetUp] = [
    adam(
      "table with a category, batch norm, Adam", .regression, .determination(0.95), .categories(),
      steps: 800, rate: 0.005
    ) {
      Sequential<Float>([
        Dense<Float>(inputSize: 15, outputSize: 64, weights: .heUniform(), using: &$0),
        ReLU<Float>(), BatchNorm<Float>(channels: 64),
        Dense<Float>(inputSize: 64, outputSize: 1, using: &$0),
      ])
    },
    adam(
      "mean over the elements of a set, ReLU, Adam", .regression, .determination(0.91), .sets(),
      steps: 700, rate: 0.005
    ) {
      Sequential<Float>([
        Dense<Float>(inputSize: 2, outputSize: 32, weights: .heUniform(), using: &$0),
        ReLU<Float>(), Dense<Float>(inputSize: 32, outputSize: 32, using: &$0),
        MeanOverAxis(axis: 1),
        Dense<Float>(inputSize: 32, outputSize: 32, weights: .heUniform(), using: &$0),
        ReLU<Float>(), Dense<Float>(inputSize: 32, outputSize: 1, using: &$0),
      ])
    },
    adam(
      "sparse counts of words, ReLU, Adam", .dense, .accuracy(0.96), .wordCounts(), steps: 500,
      rate: 0.003
    ) {
      Sequential([400, 32, 4], ReLU(), weights: .heUniform(), using: &$0)
    },
    HealthySetUp("rare classes drawn as often as others, SGD", .dense, .accuracy(0.9)) {
      WatchedTraining(
        Sequential([6, 32, 3], Tanh(), weights: .glorotUniform(), using: &$0), .balancedClasses(),
        steps: 600
      ) { SGD(for: $0, learningRate: 0.1, momentum: 0.9) }
    },
  ]
}

extension LearningTask {
  /// A line whose height and slope depend on one of 12 categories, and the square of a second
  /// number.
  fileprivate static func categories() -> LearningTask {
    var source = RandomSource(seed: 95)
    let effects: Tensor<Float> = source.normal([12, 2])
    return regression(batch: 64) { size, random in
      let x: Tensor<Float> = random.normal([size, 3])
      let own = (0..<size).map { _ in random.integer(below: 12) }
      let y = own.enumerated().map { row, category -> Float in
        let line: Float = effects[category, 0] + effects[category, 1] * x[row, 0]
        return line + 0.5 * x[row, 1] * x[row, 1] + Float(0.2 * random.normal())
      }
      return TrainingBatch(
        inputs: .concatenate([oneHot(own, of: 12), x], axis: 1),
        targets: Tensor(y, shape: [size, 1]))
    }
  }

  /// The product of the deviations of the two features of a set of 8 points, [B, 8, 2].
  fileprivate static func sets() -> LearningTask {
    regression(batch: 32) { size, random in
      let widths: Tensor<Float> = random.uniform([size, 1, 2], in: 0.3..<2)
      let points: Tensor<Float> = random.normal([size, 8, 2])
      let x = points * widths.broadcast(to: [size, 8, 2])
      let squares = x.squared().mean(axis: 1).squareRoot()
      return TrainingBatch(
        inputs: x, targets: squares.slice(0..<1, axis: 1) * squares.slice(1..<2, axis: 1))
    }
  }

  /// Three classes of a table of 600, 60 and 12 samples, drawn with equal probability. The score is
  /// the mean over the classes on samples that are not in the table.
  fileprivate static func balancedClasses() -> LearningTask {
    func sample(_ label: Int, _ random: inout RandomSource) -> Tensor<Float> {
      let center = Tensor<Float>((0..<6).map { $0 / 2 == label ? 2 : 0 }, shape: [1, 6])
      return center + random.normal([1, 6])
    }
    var source = RandomSource(seed: 99)
    let rows = [600, 60, 12].enumerated().map { label, count in
      (0..<count).map { _ in sample(label, &source) }
    }
    let labels = (0..<600).map { $0 % 3 }
    let test = Tensor.concatenate(labels.map { sample($0, &source) })
    return own(
      classes: 3, heldOut: TrainingBatch(inputs: test, labels: labels),
      loss: { softmaxCrossEntropy($0, $1.labels) }, score: SecondScores.balanced
    ) { size, random in
      let labels = (0..<size).map { _ in random.integer(below: 3) }
      let drawn = labels.map { rows[$0][random.integer(below: rows[$0].count)] }
      return TrainingBatch(inputs: .concatenate(drawn), labels: labels)
    }
  }

  /// The topic of a text, from how often each of 400 words is in it, [B, 400].
  fileprivate static func wordCounts() -> LearningTask {
    func counts(_ indices: Tensor<Float>) -> Tensor<Float> {
      let (rows, time) = (indices.shape[0], indices.shape[1])
      var counts = [Float](repeating: 0, count: rows * 400)
      for (place, index) in indices.elements.enumerated() {
        counts[place / time * 400 + Int(index)] += 1
      }
      return Tensor(counts, shape: [rows, 400])
    }
    let topics = topics(time: 30)
    var task = topics
    task.classes = nil
    task.batch = { predict, random in
      var batch = topics.batch(predict, &random)
      batch.inputs = counts(batch.inputs)
      return batch
    }
    task.score = { predict in topics.score { predict(counts($0)) } }
    return task
  }
}
