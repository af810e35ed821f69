import Backflow

/// Q-learning from transitions that are drawn at random: labels are actions, targets are
/// r + γ max Q(next state). The loss is Huber's, of the value of the chosen action.
extension LearningTask {
  /// The way to the corner of a grid of `side`² states, one-hot, with reward 1 there. Scored by the
  /// share of the states in which the best action leads toward it.
  static func grid(side: Int = 5, discount: Float = 0.9, batch: Int = 32) -> LearningTask {
    let states = side * side
    func next(_ state: Int, _ action: Int) -> Int {
      let (row, column) = (state / side, state % side)
      switch action {
      case 0: return min(row + 1, side - 1) * side + column
      case 1: return max(row - 1, 0) * side + column
      case 2: return row * side + min(column + 1, side - 1)
      default: return row * side + max(column - 1, 0)
      }
    }
    return learning(
      actions: 4, batch: batch,
      draw: { predict, size, random in
        let from = (0..<size).map { _ in random.integer(below: states - 1) }
        let actions = from.map { _ in random.integer(below: 4) }
        let to = zip(from, actions).map { next($0, $1) }
        let best = predict(oneHot(to, of: states)).max(axis: 1).elements
        let targets = zip(to, best).map { state, value -> Float in
          state == states - 1 ? 1 : discount * value
        }
        return (oneHot(from, of: states), actions, targets)
      },
      score: { predict in
        let best = predict(oneHot(Array(0..<states - 1), of: states)).argmaxOfRows()
        let right = (0..<states - 1).count { state in
          let to = next(state, best[state])
          return to / side + to % side > state / side + state % side
        }
        return Double(right) / Double(states - 1)
      })
  }

  /// A point on −1 … 1 that is to be moved to 0 in steps of 0.1, with reward −|x|. Scored by the
  /// share of the places from which the best action leads toward 0.
  static func balance(discount: Float = 0.8, batch: Int = 32) -> LearningTask {
    learning(
      actions: 3, batch: batch,
      draw: { predict, size, random in
        let x = (0..<size).map { _ in Float(2 * random.uniform() - 1) }
        let actions = x.map { _ in random.integer(below: 3) }
        let to = zip(x, actions).map { place, action -> Float in
          let moved: Float = place + 0.1 * Float(action - 1)
          return max(-1, min(1, moved))
        }
        let best = predict(Tensor(to, shape: [size, 1])).max(axis: 1).elements
        let targets = zip(to, best).map { place, value -> Float in
          discount * value - place.magnitude
        }
        return (Tensor(x, shape: [size, 1]), actions, targets)
      },
      score: { predict in
        let right = (0..<50).map { 0.1 + 0.018 * Float($0) }
        let x = right + right.map { -$0 }
        let best = predict(Tensor(x, shape: [x.count, 1])).argmaxOfRows()
        return Double(zip(x, best).count { $0 > 0 ? $1 == 0 : $1 == 2 }) / Double(x.count)
      })
  }

  private static func learning(
    actions: Int, batch: Int,
    draw: @escaping (Predictor, Int, inout RandomSource) -> (Tensor<Float>, [Int], [Float]),
    score: @escaping (Predictor) -> Double
  ) -> LearningTask {
    LearningTask(
      classes: nil,
      batch: { predict, random in
        let (inputs, actions, targets) = draw(predict, batch, &random)
        return TrainingBatch(inputs: inputs, labels: actions, targets: Tensor(targets))
      },
      loss: { output, batch in
        let places = batch.labels.enumerated().map { $0 * actions + $1 }
        let values = output.elements
        let (loss, slopes) = huber(Tensor(places.map { values[$0] }), batch.targets)
        var gradient = [Float](repeating: 0, count: values.count)
        for (place, slope) in zip(places, slopes.elements) { gradient[place] = slope }
        return (loss, Tensor(gradient, shape: output.shape))
      },
      score: score)
  }
}
