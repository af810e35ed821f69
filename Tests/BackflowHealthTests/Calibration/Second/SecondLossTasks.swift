import Backflow
import Foundation

/// Data for regressions with losses of their own.
extension LearningTask {
  /// The digit, and the share of the image that is inked.
  static func twoHeads() -> LearningTask {
    func withInk(_ batch: TrainingBatch) -> TrainingBatch {
      var copy = batch
      copy.targets = batch.inputs.mean(axis: 1).reshaped(to: [batch.labels.count, 1]) * 10
      return copy
    }
    return own(
      heldOut: withInk(heldOutDigits),
      loss: SecondLosses.split(
        at: 10, { softmaxCrossEntropy($0, $1.labels) }, { meanSquaredError($0, $1.targets) }),
      score: { SecondScores.labels($0.slice(0..<10, axis: 1), $1) }
    ) { withInk(drawDigits($0, &$1)) }
  }

  /// The digit, and whether it is odd.
  static func digitAndParity() -> LearningTask {
    own(
      heldOut: heldOutDigits,
      loss: SecondLosses.split(
        at: 10, { softmaxCrossEntropy($0, $1.labels) },
        { softmaxCrossEntropy($0, $1.labels.map { $0 % 2 }) }),
      score: { SecondScores.labels($0.slice(0..<10, axis: 1), $1) }, drawDigits)
  }

  /// Counts with rate exp(sin 2x₁ + x₂/2 + 0.5), scored by the explained share of the deviance.
  static func counts() -> LearningTask {
    let loss = SecondLosses.each(SecondLosses.poisson)
    return own(
      batch: 64, loss: loss,
      score: { output, batch in
        let y = batch.targets
        let mean = Tensor<Float>(repeating: log(y.mean()), shape: output.shape)
        let perfect = Tensor(y.elements.map { log(max($0, 1e-6)) }, shape: y.shape)
        let (worst, best) = (loss(mean, batch).loss, loss(perfect, batch).loss)
        return Double((worst - loss(output, batch).loss) / (worst - best))
      }
    ) { size, random in
      let x: Tensor<Float> = random.normal([size, 4])
      let y = (0..<size).map { row -> Float in
        let rate = exp(Double(sin(2 * x[row, 0])) + Double(x[row, 1]) / 2 + 0.5)
        var (count, product) = (0, random.uniform())
        while product > exp(-rate) {
          count += 1
          product *= random.uniform()
        }
        return Float(count)
      }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 1]))
    }
  }

  /// Exponential waiting times with mean exp(x₁ − |x₂| + 1), scored by R² of the logarithm of the
  /// mean.
  static func waits() -> LearningTask {
    own(
      batch: 64, loss: SecondLosses.each(SecondLosses.exponential),
      score: { output, batch in
        let means = (0..<batch.inputs.shape[0]).map {
          batch.inputs[$0, 0] - batch.inputs[$0, 1].magnitude + 1
        }
        let targets = Tensor(means, shape: output.shape)
        return 1 - Double(meanSquaredError(output, targets).loss / targets.variance())
      }
    ) { size, random in
      let x: Tensor<Float> = random.normal([size, 4])
      let y = (0..<size).map { row -> Float in
        let wait = -log(1 - random.uniform())
        return exp(x[row, 0] - x[row, 1].magnitude + 1) * Float(wait)
      }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 1]))
    }
  }

  /// y = sin 2x with noise of deviation 0.1 + 0.4 |x|, scored by the negative log-likelihood.
  static func heteroscedastic() -> LearningTask {
    own(
      loss: SecondLosses.gaussian, score: { Double(SecondLosses.gaussian($0, $1).0) }
    ) { size, random in
      let x: Tensor<Float> = random.uniform([size, 1], in: -1..<1)
      let y = x.elements.map { x -> Float in
        let noise = Float(random.normal())
        return sin(2 * x) + (0.1 + 0.4 * x.magnitude) * noise
      }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 1]))
    }
  }

  /// y = sin 2x₁ + x₂ x₃ with noise, some of it ten times larger, scored by the explained share of
  /// the loss.
  static func noisyWaves(
    _ loss: @escaping (Float, Float) -> (Float, Float), outliers: Double = 0
  ) -> LearningTask {
    let batchLoss = SecondLosses.each(loss)
    return own(
      batch: 64, loss: batchLoss,
      score: { output, batch in
        let y = batch.targets.elements.sorted()
        let constants = stride(from: 0, to: y.count, by: 10).map { place in
          batchLoss(Tensor(repeating: y[place], shape: output.shape), batch).loss
        }
        return 1 - Double(batchLoss(output, batch).loss / (constants.min() ?? .nan))
      }
    ) { size, random in
      let x: Tensor<Float> = random.uniform([size, 4], in: -1.5..<1.5)
      let y = (0..<size).map { row -> Float in
        let size = random.uniform() < outliers ? 3.0 : 0.3
        let noise = Float(size * random.normal())
        return sin(2 * x[row, 0]) + x[row, 1] * x[row, 2] + noise
      }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 1]))
    }
  }

  /// Whether a point lies within a circle, as −1 or 1, by the hinge.
  static func ring() -> LearningTask {
    own(
      loss: SecondLosses.each(SecondLosses.hinge),
      score: { output, batch in
        let hits = zip(output.elements, batch.targets.elements).count { $0 * $1 > 0 }
        return Double(hits) / Double(output.count)
      }
    ) { size, random in
      let x: Tensor<Float> = random.normal([size, 2])
      let y = (0..<size).map { row -> Float in
        x[row, 0] * x[row, 0] + x[row, 1] * x[row, 1] < 1.4 ? 1 : -1
      }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 1]))
    }
  }

  /// A linear target of inputs with mean 3 and deviation 5.
  static func shiftedLinear() -> LearningTask {
    var source = RandomSource(seed: 21)
    let weight: Tensor<Float> = source.normal([1, 6], standardDeviation: 0.1)
    return regression(batch: 32) { size, random in
      let x: Tensor<Float> = random.normal([size, 6]) * 5 + 3
      let y = matmul(x, weight.transposed) + random.normal([size, 1], standardDeviation: 0.2)
      return TrainingBatch(inputs: x, targets: y)
    }
  }

  /// One of 200 values, asked for by its place, one-hot.
  static func table() -> LearningTask {
    var source = RandomSource(seed: 23)
    let values: Tensor<Float> = source.normal([200])
    return regression(batch: 64) { size, random in
      let places = (0..<size).map { _ in random.integer(below: 200) }
      return TrainingBatch(
        inputs: oneHot(places, of: 200),
        targets: Tensor(places.map { values[$0] }, shape: [size, 1]))
    }
  }
}
