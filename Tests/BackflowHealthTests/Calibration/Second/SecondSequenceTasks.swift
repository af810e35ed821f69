import Backflow
import Foundation

/// Sequences [T, B, features] that the code draws.
extension LearningTask {
  /// The number of the first symbol so far, modulo 3, at every step of sequences of different
  /// lengths. Steps beyond the length have the label −1.
  static func paddedLabels(time: Int) -> LearningTask {
    own(
      classes: 3, batch: 32, loss: { softmaxCrossEntropy($0, $1.labels, ignoring: -1) },
      score: SecondScores.labels
    ) { size, random in
      var inputs = Tensor<Float>.zeros([time, size, 5])
      var labels = [Int](repeating: -1, count: time * size)
      for sample in 0..<size {
        var count = 0
        for t in 0..<4 + random.integer(below: time - 3) {
          let symbol = random.integer(below: 4)
          count += symbol == 0 ? 1 : 0
          inputs[t, sample, symbol] = 1
          inputs[t, sample, 4] = 1
          labels[t * size + sample] = count % 3
        }
      }
      return TrainingBatch(inputs: inputs, labels: labels)
    }
  }

  /// Which of two symbols came first, in sequences of different lengths.
  static func paddedOrder(time: Int) -> LearningTask {
    classification(classes: 2, batch: 32) { size, random in
      var inputs = Tensor<Float>.zeros([time, size, 6])
      var labels: [Int] = []
      for sample in 0..<size {
        let length = 4 + random.integer(below: time - 3)
        let first = random.integer(below: length - 1)
        let second = first + 1 + random.integer(below: length - first - 1)
        labels.append(random.integer(below: 2))
        for t in 0..<length {
          var symbol = 2 + random.integer(below: 3)
          if t == first { symbol = labels[sample] }
          if t == second { symbol = 1 - labels[sample] }
          inputs[t, sample, symbol] = 1
          inputs[t, sample, 5] = 1
        }
      }
      return TrainingBatch(inputs: inputs, labels: labels)
    }
  }

  /// Whether the first and last symbol of a sequence are equal, in half of the samples.
  static func ends(time: Int) -> LearningTask {
    classification(classes: 2, batch: 64) { size, random in
      var inputs = Tensor<Float>.zeros([time, size, 4])
      var labels: [Int] = []
      for sample in 0..<size {
        labels.append(random.integer(below: 2))
        let first = random.integer(below: 4)
        let last = labels[sample] == 1 ? first : (first + 1 + random.integer(below: 3)) % 4
        for t in 0..<time {
          let symbol = t == 0 ? first : t == time - 1 ? last : random.integer(below: 4)
          inputs[t, sample, symbol] = 1
        }
      }
      return TrainingBatch(inputs: inputs, labels: labels)
    }
  }

  /// The number of ones in a sequence of bits, in units of a fifth of its length.
  static func counting(time: Int) -> LearningTask {
    regression(batch: 32) { size, random in
      let share = (0..<size).map { _ in random.uniform() }
      let bits = (0..<time).flatMap { _ in
        share.map { (share: Double) -> Float in random.uniform() < share ? 1 : 0 }
      }
      let x = Tensor(bits, shape: [time, size, 1])
      return TrainingBatch(inputs: x, targets: x.sum(axis: 0) * (5 / Float(time)))
    }
  }

  /// The depth, at most 5, of two kinds of brackets, at every step.
  static func brackets(time: Int) -> LearningTask {
    classification(classes: 6, batch: 32) { size, random in
      var inputs = Tensor<Float>.zeros([time, size, 4])
      var open = [[Int]](repeating: [], count: size)
      var labels: [Int] = []
      for t in 0..<time {
        for sample in 0..<size {
          let depth = open[sample].count
          if depth == 0 || (depth < 5 && random.integer(below: 2) == 0) {
            open[sample].append(random.integer(below: 2))
            inputs[t, sample, open[sample][depth]] = 1
          } else {
            inputs[t, sample, 2 + open[sample].removeLast()] = 1
          }
          labels.append(open[sample].count)
        }
      }
      return TrainingBatch(inputs: inputs, labels: labels)
    }
  }

  /// The bits of the sum of two binary numbers, the lowest first.
  static func addition(time: Int) -> LearningTask {
    own(
      batch: 32, loss: { sigmoidCrossEntropy($0, $1.targets) }, score: SecondScores.sides
    ) { size, random in
      var carries = [Int](repeating: 0, count: size)
      var (bits, sums) = ([Float](), [Float]())
      for _ in 0..<time {
        for sample in 0..<size {
          let (one, other) = (random.integer(below: 2), random.integer(below: 2))
          let sum = one + other + carries[sample]
          carries[sample] = sum / 2
          bits += [Float(one), Float(other)]
          sums.append(Float(sum % 2))
        }
      }
      return TrainingBatch(
        inputs: Tensor(bits, shape: [time, size, 2]), targets: Tensor(sums, shape: [time, size, 1]))
    }
  }

  /// The input of some steps before; 0 at the first ones.
  static func echo(time: Int, delay: Int) -> LearningTask {
    regression(batch: 32) { size, random in
      let x: Tensor<Float> = random.uniform([time, size, 1], in: -1..<1)
      return TrainingBatch(
        inputs: x, targets: .concatenate([.zeros([delay, size, 1]), x[0..<time - delay]]))
    }
  }

  /// The next value of x → 4 x (1 − x).
  static func logisticMap() -> LearningTask {
    regression(batch: 32) { size, random in
      let x: Tensor<Float> = random.uniform([size, 1])
      return TrainingBatch(inputs: x, targets: 4 * x * (1 - x))
    }
  }

  /// The next value of one coordinate of Hénon's map, at every step.
  static func henon(time: Int) -> LearningTask {
    regression(batch: 16) { size, random in
      var x = (0..<size).map { _ in 0.2 * random.uniform() - 0.1 }
      var y = (0..<size).map { _ in 0.2 * random.uniform() - 0.1 }
      var rows: [Float] = []
      for step in 0..<20 + time + 1 {
        for sample in 0..<size {
          let next: Double = 1 - 1.4 * x[sample] * x[sample] + y[sample]
          (x[sample], y[sample]) = (next, 0.3 * x[sample])
        }
        if step >= 20 { rows += x.map { Float($0) } }
      }
      let all = Tensor(rows, shape: [time + 1, size, 1])
      return TrainingBatch(inputs: all[0..<time], targets: all[1..<time + 1])
    }
  }

  /// The next token of a pattern of three tokens out of six that is repeated, as indices [T, B].
  static func repeated(time: Int) -> LearningTask {
    classification(classes: 6, batch: 32) { size, random in
      let patterns = (0..<size).map { _ in (0..<3).map { _ in random.integer(below: 6) } }
      func tokens(_ steps: Range<Int>) -> [Int] {
        steps.flatMap { t in patterns.map { $0[t % 3] } }
      }
      return TrainingBatch(
        inputs: Tensor(tokens(0..<time).map { Float($0) }, shape: [time, size]),
        labels: tokens(1..<time + 1))
    }
  }

  /// An exponential average of noise over about ten steps, in units of its deviation.
  static func average(time: Int) -> LearningTask {
    regression(batch: 32) { size, random in
      let x: Tensor<Float> = random.normal([time, size, 1])
      var average = Tensor<Float>.zeros([1, size, 1])
      let rows = (0..<time).map { t in
        average = average * 0.9 + x[t..<t + 1] * 0.436
        return average
      }
      return TrainingBatch(inputs: x, targets: .concatenate(rows))
    }
  }

  /// The bit that was last set or reset, at every step.
  static func latch(time: Int) -> LearningTask {
    classification(classes: 2, batch: 32) { size, random in
      var state = [Int](repeating: 0, count: size)
      var inputs = Tensor<Float>.zeros([time, size, 3])
      var labels: [Int] = []
      for t in 0..<time {
        for sample in 0..<size {
          let symbol = random.integer(below: 8)
          if symbol < 2 { state[sample] = symbol }
          inputs[t, sample, min(symbol, 2)] = 1
          labels.append(state[sample])
        }
      }
      return TrainingBatch(inputs: inputs, labels: labels)
    }
  }
}
