import Backflow
import Foundation

/// Convolutional networks for pixels, counts and shifted digits.
extension HealthySetUp {
  static let secondImages: [HealthySetUp] = [
    HealthySetUp("segmentation of a noisy rectangle, Adam", .convolutional, .accuracy(0.96)) {
      WatchedTraining(
        Sequential<Float>([
          Conv2D<Float>(inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, using: &$0),
          ReLU<Float>(),
          Conv2D<Float>(inputChannels: 8, outputChannels: 8, kernelSize: 3, padding: 1, using: &$0),
          ReLU<Float>(),
          Conv2D<Float>(
            inputChannels: 8, outputChannels: 1, kernelSize: 1, weights: .glorotUniform(),
            using: &$0),
        ]), .segmentation(), steps: 300
      ) { Adam(for: $0, learningRate: 0.01) }
    },
    HealthySetUp("segmentation, dilated convolutions, Nesterov", .convolutional, .accuracy(0.96)) {
      WatchedTraining(
        Sequential<Float>([
          Conv2D<Float>(inputChannels: 1, outputChannels: 6, kernelSize: 3, padding: 1, using: &$0),
          LeakyReLU<Float>(),
          Conv2D<Float>(
            inputChannels: 6, outputChannels: 6, kernelSize: 3, padding: 2, dilation: 2, using: &$0),
          LeakyReLU<Float>(),
          Conv2D<Float>(
            inputChannels: 6, outputChannels: 1, kernelSize: 1, weights: .zeros, using: &$0),
        ]), .segmentation(), steps: 300
      ) { SGD(for: $0, learningRate: 0.05, momentum: 0.95, nesterov: true) }
    },
    HealthySetUp("counting spots, mean pooling, Adam", .convolutional, .determination(0.82)) {
      WatchedTraining(
        Sequential<Float>([
          Conv2D<Float>(inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, using: &$0),
          ReLU<Float>(), AvgPool2D<Float>(kernelSize: 10), Flatten<Float>(),
          Dense<Float>(inputSize: 8, outputSize: 1, using: &$0),
        ]), .spots(), steps: 600
      ) { Adam(for: $0, learningRate: 0.03) }
    },
    HealthySetUp("shifted digits, batch norm, AdamW 0.1", .convolutional, .accuracy(0.85)) {
      WatchedTraining(
        Sequential<Float>([
          Conv2D<Float>(
            inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, bias: false, using: &$0),
          BatchNorm<Float>(channels: 8), ReLU<Float>(), MaxPool2D<Float>(kernelSize: 2),
          Conv2D<Float>(
            inputChannels: 8, outputChannels: 16, kernelSize: 3, padding: 1, bias: false, using: &$0
          ),
          BatchNorm<Float>(channels: 16), ReLU<Float>(), Flatten<Float>(),
          Dense<Float>(inputSize: 256, outputSize: 10, using: &$0),
        ]), .shiftedDigits(), steps: 400
      ) { AdamW(for: $0, learningRate: 0.003, weightDecay: 0.1) }
    },
    HealthySetUp("convolutions in groups, RMSProp with momentum", .convolutional, .accuracy(0.93)) {
      WatchedTraining(
        Sequential<Float>([
          Conv2D<Float>(inputChannels: 1, outputChannels: 8, kernelSize: 3, padding: 1, using: &$0),
          SiLU<Float>(),
          Conv2D<Float>(
            inputChannels: 8, outputChannels: 8, kernelSize: 3, stride: 2, padding: 1, groups: 8,
            using: &$0),
          SiLU<Float>(),
          Conv2D<Float>(inputChannels: 8, outputChannels: 16, kernelSize: 1, using: &$0),
          SiLU<Float>(), Flatten<Float>(), Dense<Float>(inputSize: 256, outputSize: 10, using: &$0),
        ]), .digits(.channel), steps: 400
      ) { RMSProp(for: $0, learningRate: 5e-4, alpha: 0.95, momentum: 0.8) }
    },
  ]
}

extension LearningTask {
  /// Which pixels of a noisy image [B, 1, 10, 10] belong to a rectangle.
  fileprivate static func segmentation() -> LearningTask {
    own(
      batch: 16, test: 200, loss: { sigmoidCrossEntropy($0, $1.targets) },
      score: SecondScores.sides
    ) { size, random in
      var targets = Tensor<Float>.zeros([size, 1, 10, 10])
      for sample in 0..<size {
        let (top, left) = (random.integer(below: 5), random.integer(below: 5))
        let (height, width) = (3 + random.integer(below: 3), 3 + random.integer(below: 3))
        for row in top..<top + height {
          for column in left..<left + width { targets[sample, 0, row, column] = 1 }
        }
      }
      return TrainingBatch(
        inputs: targets + random.normal(targets.shape, standardDeviation: 0.5), targets: targets)
    }
  }

  /// The number of bright pixels, 0 … 6, among weak noise.
  fileprivate static func spots() -> LearningTask {
    regression(batch: 32) { size, random in
      var inputs: Tensor<Float> = random.normal([size, 1, 10, 10], standardDeviation: 0.2)
      var counts: [Float] = []
      for sample in 0..<size {
        let count = random.integer(below: 7)
        for place in random.permutation(100).prefix(count) {
          inputs[sample, 0, place / 10, place % 10] = 1
        }
        counts.append(Float(count))
      }
      return TrainingBatch(inputs: inputs, targets: Tensor(counts, shape: [size, 1]))
    }
  }

  /// Digits that are shifted by up to one pixel in each direction.
  fileprivate static func shiftedDigits() -> LearningTask {
    func shifted(_ batch: TrainingBatch, _ random: inout RandomSource) -> TrainingBatch {
      let count = batch.labels.count
      let wide = batch.inputs.reshaped(to: [count, 1, 8, 8])
      let side = Tensor<Float>.zeros([count, 1, 8, 1])
      let above = Tensor<Float>.zeros([count, 1, 1, 10])
      let framed = Tensor<Float>.concatenate(
        [above, .concatenate([side, wide, side], axis: 3), above], axis: 2)
      let rows = (0..<count).map { sample in
        let (top, left) = (random.integer(below: 3), random.integer(below: 3))
        return framed[sample..<sample + 1].slice(top..<top + 8, axis: 2)
          .slice(left..<left + 8, axis: 3)
      }
      return TrainingBatch(inputs: .concatenate(rows), labels: batch.labels)
    }
    var random = RandomSource(seed: 51)
    return classification(classes: 10, batch: 32, heldOut: shifted(heldOutDigits, &random)) {
      size, random in shifted(drawDigits(size, &random), &random)
    }
  }
}
