import Backflow
import Foundation

/// Data for classifications with losses of their own.
extension LearningTask {
  /// Six labels, each the side of a hyperplane.
  static func labels() -> LearningTask {
    var source = RandomSource(seed: 31)
    let weight: Tensor<Float> = source.normal([6, 12])
    return own(
      loss: { sigmoidCrossEntropy($0, $1.targets) }, score: SecondScores.sides
    ) { size, random in
      let x: Tensor<Float> = random.normal([size, 12])
      let y = matmul(x, weight.transposed).elements.map { (z: Float) -> Float in z > 1 ? 1 : 0 }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 6]))
    }
  }

  /// The level 0 … 4 of a linear score, as the four answers whether it is above each limit.
  static func levels() -> LearningTask {
    var source = RandomSource(seed: 33)
    let weight: Tensor<Float> = source.normal([1, 8])
    return own(
      loss: { sigmoidCrossEntropy($0, $1.targets) }, score: SecondScores.sides
    ) { size, random in
      let x: Tensor<Float> = random.normal([size, 8])
      let y = matmul(x, weight.transposed).elements.flatMap { z in
        [-3, -1, 1, 3].map { (limit: Float) -> Float in z > limit ? 1 : 0 }
      }
      return TrainingBatch(inputs: x, targets: Tensor(y, shape: [size, 4]))
    }
  }

  /// Digits with another loss.
  static func loss(_ loss: @escaping BatchLoss) -> LearningTask {
    own(heldOut: heldOutDigits, loss: loss, score: SecondScores.labels, drawDigits)
  }

  /// Two classes, one of which has 1 in 51 of the samples, in another place.
  static func rare(_ loss: @escaping BatchLoss) -> LearningTask {
    own(
      classes: 2, batch: 128, test: 4000, loss: loss, score: SecondScores.balanced
    ) { size, random in
      let labels = (0..<size).map { _ in random.integer(below: 51) == 0 ? 1 : 0 }
      let shift = Tensor<Float>(labels.map { 2 * Float($0) }, shape: [size, 1])
      return TrainingBatch(
        inputs: random.normal([size, 6]) + shift.broadcast(to: [size, 6]), labels: labels)
    }
  }

  /// Digits, a share of whose training labels are drawn at random.
  static func wrongLabels(_ share: Double) -> LearningTask {
    own(
      classes: 10, heldOut: heldOutDigits, loss: { softmaxCrossEntropy($0, $1.labels) },
      score: SecondScores.labels
    ) { size, random in
      var batch = drawDigits(size, &random)
      for row in 0..<size where random.uniform() < share {
        batch.labels[row] = random.integer(below: 10)
      }
      return batch
    }
  }

  /// The probabilities of a teacher at a temperature (Hinton and others 2015).
  static func distilled(
    from teacher: Sequential<Float>, temperature: Float
  ) -> LearningTask {
    own(
      heldOut: heldOutDigits,
      loss: { output, batch in
        let (loss, gradient) = softmaxCrossEntropy(output / temperature, batch.targets)
        return (loss * temperature * temperature, gradient * temperature)
      }, score: SecondScores.labels
    ) { size, random in
      var batch = drawDigits(size, &random)
      batch.targets = softmax(teacher.forward(batch.inputs).output / temperature)
      return batch
    }
  }

  /// Whether more than half of 15 bits are set.
  static func majority() -> LearningTask {
    classification(classes: 2, batch: 32) { size, random in
      let bits = (0..<15 * size).map { _ in Float(random.integer(below: 2)) }
      let x = Tensor(bits, shape: [size, 15])
      return TrainingBatch(inputs: x, labels: x.sum(axis: 1).elements.map { $0 > 7 ? 1 : 0 })
    }
  }

  /// The group of one of 200 items.
  static func groups() -> LearningTask {
    classification(classes: 5, batch: 64) { size, random in
      let items = (0..<size).map { _ in random.integer(below: 200) }
      return TrainingBatch(inputs: oneHot(items, of: 200), labels: items.map { $0 * 7 % 5 })
    }
  }

  /// Pairs of digits, half of them alike; scored by the share of held-out pairs on their side of
  /// half the margin.
  static func pairs() -> LearningTask {
    func draw(_ digits: Digits, _ size: Int, _ random: inout RandomSource) -> TrainingBatch {
      let alike = (0..<size).map { _ in random.integer(below: 2) }
      let tuples = alike.map { tuple(of: digits, alike: $0, different: 1 - $0, using: &random) }
      return TrainingBatch(
        inputs: images(digits, tuples.map { $0[0] } + tuples.map { $0[1] }), labels: alike)
    }
    var random = RandomSource(seed: 71)
    return own(
      batch: 32, heldOut: draw(DigitData.heldOut, 400, &random),
      loss: SecondLosses.contrastive(margin: 2),
      score: { output, batch in
        let half = output.shape[0] / 2
        let distances = (output[0..<half] - output[half..<2 * half]).squared().sum(axis: 1)
        let hits = zip(distances.elements, batch.labels).count { ($0 < 1) == ($1 == 1) }
        return Double(hits) / Double(half)
      }
    ) { draw(DigitData.training, $0, &$1) }
  }

  /// Triplets of digits, scored by the share of held-out ones in which the digit of the same class
  /// is nearer.
  static func triplets() -> LearningTask {
    func draw(_ digits: Digits, _ size: Int, _ random: inout RandomSource) -> TrainingBatch {
      let tuples = (0..<size).map { _ in tuple(of: digits, alike: 1, different: 1, using: &random) }
      return TrainingBatch(
        inputs: images(digits, (0..<3).flatMap { part in tuples.map { $0[part] } }))
    }
    var random = RandomSource(seed: 73)
    return own(
      batch: 32, heldOut: draw(DigitData.heldOut, 400, &random),
      loss: SecondLosses.triplet(margin: 1),
      score: { output, _ in
        let n = output.shape[0] / 3
        let near = (output[0..<n] - output[n..<2 * n]).squared().sum(axis: 1)
        let far = (output[0..<n] - output[2 * n..<3 * n]).squared().sum(axis: 1)
        return Double(zip(near.elements, far.elements).count { $0 < $1 }) / Double(n)
      }
    ) { draw(DigitData.training, $0, &$1) }
  }

  /// Places of a digit, of others of its class, and of others of another class.
  private static func tuple(
    of digits: Digits, alike: Int, different: Int, using random: inout RandomSource
  ) -> [Int] {
    let label = random.integer(below: 10)
    let other = (label + 1 + random.integer(below: 9)) % 10
    let classes =
      [label] + [Int](repeating: label, count: alike) + [Int](repeating: other, count: different)
    return classes.map { own in
      while true {
        let place = random.integer(below: digits.labels.count)
        if digits.labels[place] == own { return place }
      }
    }
  }

  private static func images(_ digits: Digits, _ indices: [Int]) -> Tensor<Float> {
    DigitShape.flat(digits.samples(at: indices))
  }
}
