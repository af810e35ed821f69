import Backflow
import Foundation

extension LearningTask {
  /// A task whose loss and score are its own. The score sees the output for held-out data.
  static func own(
    classes: Int? = nil, batch: Int = 32, test: Int = 500, heldOut: TrainingBatch? = nil,
    loss: @escaping BatchLoss, score: @escaping (Tensor<Float>, TrainingBatch) -> Double,
    _ draw: @escaping Draw
  ) -> LearningTask {
    LearningTask(
      classes: classes, batch: { draw(batch, &$1) }, loss: loss,
      score: { predict in
        var random = RandomSource(seed: 0x5eed)
        let held = heldOut ?? draw(test, &random)
        return score(predict(held.inputs), held)
      })
  }

  /// Digits [B, 64] with their labels.
  static func drawDigits(_ size: Int, _ random: inout RandomSource) -> TrainingBatch {
    digits(
      DigitData.training,
      (0..<size).map { _ in
        random.integer(below: DigitData.training.labels.count)
      })
  }

  /// All held-out digits.
  static var heldOutDigits: TrainingBatch {
    digits(DigitData.heldOut, Array(DigitData.heldOut.labels.indices))
  }

  private static func digits(_ digits: Digits, _ indices: [Int]) -> TrainingBatch {
    let chosen = digits.samples(at: indices)
    return TrainingBatch(inputs: DigitShape.flat(chosen), labels: chosen.labels)
  }
}

/// Scores of an output for held-out data.
enum SecondScores {
  /// R² of the outputs.
  static func determination(_ output: Tensor<Float>, _ batch: TrainingBatch) -> Double {
    let error = meanSquaredError(output, batch.targets).loss
    return 1 - Double(error / batch.targets.variance())
  }

  /// The share of outputs on the side of their target 0 or 1.
  static func sides(_ output: Tensor<Float>, _ batch: TrainingBatch) -> Double {
    let hits = zip(output.elements, batch.targets.elements).count { ($0 > 0) == ($1 > 0.5) }
    return Double(hits) / Double(output.count)
  }

  /// The share of right labels, without those that are −1.
  static func labels(_ output: Tensor<Float>, _ batch: TrainingBatch) -> Double {
    let width = output.shape[output.rank - 1]
    let best = output.reshaped(to: [output.count / width, width]).argmaxOfRows()
    let pairs = zip(best, batch.labels).filter { $1 >= 0 }
    return Double(pairs.count { $0 == $1 }) / Double(pairs.count)
  }

  /// The mean over the classes of the share of right labels.
  static func balanced(_ output: Tensor<Float>, _ batch: TrainingBatch) -> Double {
    let best = output.argmaxOfRows()
    let classes = Set(batch.labels)
    let shares = classes.map { label in
      let own = batch.labels.indices.filter { batch.labels[$0] == label }
      return Double(own.count { best[$0] == label }) / Double(own.count)
    }
    return shares.reduce(0, +) / Double(shares.count)
  }

}
