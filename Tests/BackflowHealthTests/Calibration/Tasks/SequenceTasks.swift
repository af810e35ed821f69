import Backflow
import Foundation

/// Tasks over sequences [T, B, features] that the code draws.
extension LearningTask {
  /// The sum of two marked numbers of a sequence (Hochreiter and Schmidhuber 1997).
  static func adding(time: Int, batch: Int = 32) -> LearningTask {
    regression(batch: batch) { size, random in
      let values = random.uniform([time, size, 1], in: 0..<1, as: Float.self)
      var marks = [Float](repeating: 0, count: time * size)
      for sample in 0..<size {
        for half in 0..<2 {
          marks[(half * (time / 2) + random.integer(below: time / 2)) * size + sample] = 1
        }
      }
      let marked = Tensor(marks, shape: [time, size, 1])
      return TrainingBatch(
        inputs: .concatenate([values, marked], axis: 2), targets: (values * marked).sum(axis: 0))
    }
  }

  /// The parity of the bits so far, at every step.
  static func parity(time: Int, batch: Int = 32) -> LearningTask {
    classification(classes: 2, batch: batch) { size, random in
      var parities = [Int](repeating: 0, count: size)
      var (bits, labels) = ([Float](), [Int]())
      for _ in 0..<time {
        for sample in 0..<size {
          let bit = random.integer(below: 2)
          parities[sample] ^= bit
          bits.append(Float(2 * bit - 1))
          labels.append(parities[sample])
        }
      }
      return TrainingBatch(inputs: Tensor(bits, shape: [time, size, 1]), labels: labels)
    }
  }

  /// The first of `symbols` symbols, asked for at the end of a sequence of other ones.
  static func recall(time: Int, symbols: Int = 4, batch: Int = 32) -> LearningTask {
    classification(classes: symbols, batch: batch) { size, random in
      var inputs = Tensor<Float>.zeros([time, size, 2 * symbols])
      var labels: [Int] = []
      for sample in 0..<size {
        labels.append(random.integer(below: symbols))
        inputs[0, sample, labels[sample]] = 1
        for t in 1..<time { inputs[t, sample, symbols + random.integer(below: symbols)] = 1 }
      }
      return TrainingBatch(inputs: inputs, labels: labels)
    }
  }

  /// The next value of a sum of two sines of random phase, at every step.
  static func sines(time: Int, batch: Int = 16) -> LearningTask {
    forecasting(time: time, batch: batch) { random in
      let phases = (2 * Double.pi * random.uniform(), 2 * Double.pi * random.uniform())
      return (0...time).map { t -> Double in
        let slow = sin(0.3 * Double(t) + phases.0)
        let fast = sin(0.71 * Double(t) + phases.1)
        return 0.6 * slow + 0.4 * fast
      }
    }
  }

  /// The next value of an oscillating autoregression of order 2 with noise, at every step.
  static func autoregression(time: Int, batch: Int = 16) -> LearningTask {
    forecasting(time: time, batch: batch) { random in
      var (now, before) = (random.normal(), random.normal())
      return (0...time).map { _ in
        let next: Double = 1.8 * now - 0.95 * before + 0.1 * random.normal()
        (now, before) = (next, now)
        return next
      }
    }
  }

  private static func forecasting(
    time: Int, batch: Int, _ series: @escaping (inout RandomSource) -> [Double]
  ) -> LearningTask {
    regression(batch: batch) { size, random in
      let all = Tensor<Float>.stack(
        (0..<size).map { _ in Tensor(series(&random).map { Float($0) }) })
      func steps(_ range: Range<Int>) -> Tensor<Float> {
        all.slice(range, axis: 1).permuted([1, 0]).reshaped(to: [time, size, 1])
      }
      return TrainingBatch(inputs: steps(0..<time), targets: steps(1..<time + 1))
    }
  }

  /// The tokens of a sequence in reverse order. Samples first: [B, T, tokens + T], a token and its
  /// place at every step.
  static func reversal(time: Int, tokens: Int = 4, batch: Int = 32) -> LearningTask {
    classification(classes: tokens, batch: batch) { size, random in
      var inputs = Tensor<Float>.zeros([size, time, tokens + time])
      var labels: [Int] = []
      for sample in 0..<size {
        let sequence = (0..<time).map { _ in random.integer(below: tokens) }
        for t in 0..<time {
          inputs[sample, t, sequence[t]] = 1
          inputs[sample, t, tokens + t] = 1
        }
        labels += sequence.reversed()
      }
      return TrainingBatch(inputs: inputs, labels: labels)
    }
  }

  /// The token at the one place that is marked. Samples first: [B, T, tokens + 1].
  static func marked(time: Int, tokens: Int = 4, batch: Int = 32) -> LearningTask {
    classification(classes: tokens, batch: batch) { size, random in
      var inputs = Tensor<Float>.zeros([size, time, tokens + 1])
      var labels: [Int] = []
      for sample in 0..<size {
        let place = random.integer(below: time)
        for t in 0..<time {
          let token = random.integer(below: tokens)
          inputs[sample, t, token] = 1
          if t == place {
            inputs[sample, t, tokens] = 1
            labels.append(token)
          }
        }
      }
      return TrainingBatch(inputs: inputs, labels: labels)
    }
  }
}
