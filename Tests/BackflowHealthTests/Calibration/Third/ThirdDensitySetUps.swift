import Backflow
import Foundation

/// Noise prediction, and the parameters of distributions.
extension HealthySetUp {
  static let thirdDensities: [HealthySetUp] = [
    adam(
      "noise in points of a circle, SiLU, Adam", .regression, .determination(0.6),
      .noisePrediction(), steps: 700, rate: 0.002
    ) {
      Sequential([4, 64, 64, 2], SiLU(), weights: .heUniform(), using: &$0)
    } with: {
      $0.showsLossFunction = false
    },
    adam(
      "mixture density of three components, Adam", .regression, .loss(-1.07), .mixtureDensity(),
      steps: 1000, rate: 0.01
    ) {
      Sequential([1, 32, 9], Tanh(), weights: .glorotUniform(), using: &$0)
    },
    HealthySetUp("survival in eight periods, AdamW", .regression, .determination(0.89)) {
      WatchedTraining(
        Sequential([4, 32, 8], ReLU(), weights: .heUniform(), using: &$0), .survival(), steps: 800
      ) { AdamW(for: $0, learningRate: 0.005) }
    },
  ]
}

extension LearningTask {
  /// The noise in a point of a circle, at a level that the input tells (Ho and others 2020).
  fileprivate static func noisePrediction() -> LearningTask {
    regression(batch: 128) { size, random in
      let noise: Tensor<Float> = random.normal([size, 2])
      let rows = (0..<size).flatMap { row -> [Float] in
        let turn = 2 * Float.pi * Float(random.uniform())
        let level = Float.pi / 2 * Float(0.05 + 0.9 * random.uniform())
        return [
          cos(level) * cos(turn) + sin(level) * noise[row, 0],
          cos(level) * sin(turn) + sin(level) * noise[row, 1], cos(level), sin(level),
        ]
      }
      return TrainingBatch(inputs: Tensor(rows, shape: [size, 4]), targets: noise)
    }
  }

  /// The inverse of x = y + 0.3 sin 2πy + noise, which has up to three values (Bishop 1994).
  fileprivate static func mixtureDensity() -> LearningTask {
    own(batch: 64, loss: mixture, score: { Double(mixture($0, $1).0) }) { size, random in
      let y: Tensor<Float> = random.uniform([size, 1])
      let x = y.elements.map { $0 + 0.3 * sin(2 * .pi * $0) + Float(0.05 * random.normal()) }
      return TrainingBatch(inputs: Tensor(x, shape: [size, 1]) * 4 - 2, targets: y * 2 - 1)
    }
  }

  /// −ln p(y) up to a constant, of three normal distributions whose logits, means and logarithms of
  /// deviations are the outputs.
  private static func mixture(
    _ output: Tensor<Float>, _ batch: TrainingBatch
  ) -> (Float, Tensor<Float>) {
    let (z, count) = (output.elements, Float(batch.targets.count))
    var loss: Float = 0
    var gradient = [Float](repeating: 0, count: z.count)
    for (row, y) in batch.targets.elements.enumerated() {
      let base = 9 * row
      var (errors, joint) = ([Float](), [Float]())
      for k in base..<base + 3 {
        let error: Float = (z[3 + k] - y) * exp(-z[6 + k])
        errors.append(error)
        joint.append(z[k] - z[6 + k] - error * error / 2)
      }
      let (prior, posterior) = (weights(Array(z[base..<base + 3])), weights(joint))
      loss += (prior.logSum - posterior.logSum) / count
      for k in 0..<3 {
        let (share, error): (Float, Float) = (posterior.shares[k] / count, errors[k])
        gradient[base + k] = prior.shares[k] / count - share
        gradient[base + 3 + k] = share * error * exp(-z[base + 6 + k])
        gradient[base + 6 + k] = share * (1 - error * error)
      }
    }
    return (loss, Tensor(gradient, shape: output.shape))
  }

  private static func weights(_ logits: [Float]) -> (logSum: Float, shares: [Float]) {
    let top = logits.reduce(-Float.infinity) { max($0, $1) }
    let sum = logits.reduce(Float(0)) { $0 + exp($1 - top) }
    return (top + log(sum), logits.map { exp($0 - top) / sum })
  }

  /// The hazards of eight periods from times that may be censored, scored by R² of the hazards. The
  /// targets are whether the event was in a period, and whether the period was observed.
  fileprivate static func survival() -> LearningTask {
    func hazard(_ x: Tensor<Float>, _ row: Int, _ period: Int) -> Float {
      1 / (1 + exp(2 - x[row, 0] + x[row, 1].magnitude - 0.2 * Float(period)))
    }
    return own(
      batch: 64,
      loss: { output, batch in
        let factors = batch.targets.slice(8..<16, axis: 1) / Float(output.shape[0])
        let each = sigmoidCrossEntropy(
          output, batch.targets.slice(0..<8, axis: 1), reduction: .perSample)
        return ((each.losses * factors).sum(), each.gradient(weightedBy: factors))
      },
      score: { output, batch in
        let all = (0..<output.shape[0]).flatMap { row in
          (0..<8).map { hazard(batch.inputs, row, $0) }
        }
        return SecondScores.determination(
          sigmoid(output), TrainingBatch(inputs: output, targets: Tensor(all, shape: output.shape)))
      }
    ) { size, random in
      let x: Tensor<Float> = random.normal([size, 4])
      let y = (0..<size).flatMap { row -> [Float] in
        let end = random.integer(below: 16)
        let event = (0..<8).first { Float(random.uniform()) < hazard(x, row, $0) } ?? 8
        return (0..<8).map { $0 == event ? 1 : 0 } + (0..<8).map { $0 <= min(event, end) ? 1 : 0 }
      }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 16]))
    }
  }
}
