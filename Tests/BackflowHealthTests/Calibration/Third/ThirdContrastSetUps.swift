import Backflow

/// Vectors of digits that are alike for two views of the same image.
extension HealthySetUp {
  static let thirdContrasts: [HealthySetUp] = [
    adam(
      "InfoNCE between two views of digits, Adam", .dense, .accuracy(0.72), .views(), steps: 600,
      rate: 0.002
    ) { Sequential([64, 128, 32], ReLU(), weights: .lecunUniform(), using: &$0) }
  ]
}

extension LearningTask {
  /// Two noisy views of each digit, the second half of the rows being the partners of the first.
  /// Scored by the share of held-out views whose partner is the nearest of 100.
  fileprivate static func views() -> LearningTask {
    func views(_ images: Tensor<Float>, _ random: inout RandomSource) -> TrainingBatch {
      let both = Tensor.concatenate([images, images])
      let kept = both.elements.map { random.uniform() < 0.05 ? 0 : $0 }
      return TrainingBatch(
        inputs: Tensor(kept, shape: both.shape) + random.normal(both.shape, standardDeviation: 0.1))
    }
    func similarities(_ output: Tensor<Float>) -> Tensor<Float> {
      let half = output.shape[0] / 2
      return matmul(output[0..<half], output[half..<2 * half].transposed) / 4
    }
    var random = RandomSource(seed: 91)
    return own(
      batch: 64, heldOut: views(heldOutDigits.inputs[0..<100], &random),
      loss: { output, _ in
        let half = output.shape[0] / 2
        let logits = similarities(output)
        let rows = softmaxCrossEntropy(logits, Array(0..<half))
        let columns = softmaxCrossEntropy(logits.transpose(), Array(0..<half))
        let gradient = (rows.gradient + columns.gradient.transpose()) / 8
        return (
          (rows.loss + columns.loss) / 2,
          .concatenate([
            matmul(gradient, output[half..<2 * half]),
            matmul(gradient.transposed, output[0..<half]),
          ])
        )
      },
      score: { output, _ in
        let best = similarities(output).argmaxOfRows()
        return Double(best.enumerated().count { $0 == $1 }) / Double(best.count)
      }
    ) { views(drawDigits($0, &$1).inputs, &$1) }
  }
}
