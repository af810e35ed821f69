import Backflow
import Foundation

/// Regressions whose data the code draws.
extension LearningTask {
  /// y = w·x + 1 + noise, with weights that are the same for all seeds.
  static func linear(
    features: Int = 8, noise: Double = 0.1, batch: Int = 32
  ) -> LearningTask {
    var source = RandomSource(seed: 11)
    let weight: Tensor<Float> = source.normal([1, features])
    return regression(batch: batch) { size, random in
      let x: Tensor<Float> = random.normal([size, features])
      let y = matmul(x, weight.transposed) + 1
      return TrainingBatch(
        inputs: x, targets: y + random.normal([size, 1], standardDeviation: noise))
    }
  }

  /// y = sin x on −3 … 3.
  static func sine(batch: Int = 32) -> LearningTask {
    regression(batch: batch) { size, random in
      let x: Tensor<Float> = random.uniform([size, 1], in: -3..<3)
      return TrainingBatch(
        inputs: x, targets: Tensor(x.elements.map { sin($0) }, shape: [size, 1]))
    }
  }

  /// y = 10 sin(π x₁ x₂) + 20 (x₃ − ½)² + 10 x₄ + 5 x₅ of ten features in 0 … 1 (Friedman 1991),
  /// with mean 0 and divided by `unit`. Its standard deviation is 4.9. Every output has the same
  /// target.
  static func friedman(
    unit: Float = 4.9, outputs: Int = 1, batch: Int = 32,
    loss: ((Tensor<Float>, Tensor<Float>) -> (loss: Float, gradient: Tensor<Float>))? = nil
  ) -> LearningTask {
    regression(batch: batch, loss: loss) { size, random in
      let x: Tensor<Float> = random.uniform([size, 10])
      let rows = x.elements
      let y = (0..<size).map { sample -> Float in
        let row = rows[10 * sample..<10 * sample + 5].map { $0 }
        let waves = 10 * sin(.pi * row[0] * row[1]) + 20 * (row[2] - 0.5) * (row[2] - 0.5)
        return (waves + 10 * row[3] + 5 * row[4] - 14.4) / unit
      }
      return TrainingBatch(
        inputs: x * 2 - 1, targets: Tensor(y, shape: [size, 1]).broadcast(to: [size, outputs]))
    }
  }

  /// Whether a point lies on one side of a hyperplane, with some labels turned, by sigmoid
  /// cross-entropy.
  static func sides(features: Int = 8, batch: Int = 32) -> LearningTask {
    var source = RandomSource(seed: 13)
    let weight: Tensor<Float> = source.normal([1, features])
    var task = linear(batch: batch)
    let draw: Draw = { size, random in
      let x: Tensor<Float> = random.normal([size, features])
      let score = matmul(x, weight.transposed) + random.normal([size, 1], standardDeviation: 0.5)
      return TrainingBatch(
        inputs: x, targets: Tensor(score.elements.map { $0 > 0 ? 1 : 0 }, shape: [size, 1]))
    }
    task.batch = { draw(batch, &$1) }
    task.constantLoss = nil
    task.loss = { sigmoidCrossEntropy($0, $1.targets) }
    task.score = { predict in
      var random = RandomSource(seed: 17)
      let test = draw(500, &random)
      let hits = zip(predict(test.inputs).elements, test.targets.elements).count {
        ($0 > 0) == ($1 > 0.5)
      }
      return Double(hits) / 500
    }
    return task
  }
}
