import Backflow

/// Temporal differences with eligibility traces, and Q-learning with large rewards.
extension HealthySetUp {
  static let thirdControl: [HealthySetUp] = [
    HealthySetUp("TD(0.7) with eligibility traces, SGD", .control, .determination(0.91)) {
      let table = Dense<Float>(
        inputSize: 9, outputSize: 1, bias: false, weights: .zeros, using: &$0)
      return WatchedTraining(Sequential<Float>([table]), .steps(), steps: 4000) {
        SGD(for: $0, learningRate: 0.1)
      }.with {
        $0.schedule = CosineSchedule(0.1, steps: 4000, minimum: 0.005)
        $0.showsLossFunction = false
        var (error, trace): (Float, Sequential<Float>?) = (0, nil)
        // The output's gradient is 1, so that the gradients are those of the value.
        $0.hooks.lossGradient = { _, top in
          error = top.sum()
          top = .ones(top.shape)
        }
        $0.hooks.batch = { _, batch in if batch.labels[0] == 1 { trace = nil } }
        $0.hooks.gradients = { _, gradients in
          if let old = trace { gradients.combine(with: old) { $0 + $1 * 0.7 } }
          trace = gradients
          gradients.combine(with: gradients) { value, _ in value * error }
        }
      }
    },
    adam(
      "Q-learning, two goals, rewards up to 10, Adam", .control, .accuracy(0.87), .twoGoals(),
      steps: 1000, rate: 0.005
    ) {
      Sequential([10, 32, 2], ReLU(), weights: .heUniform(), using: &$0)
    } with: {
      $0.targetInterval = 25
    },
  ]
}

extension LearningTask {
  /// Single steps of a random walk over 9 places, with −1 beyond the left end and 1 beyond the
  /// right one. The label is 1 in the first step of a walk. Scored by R² of the values.
  fileprivate static func steps() -> LearningTask {
    var place: Int?
    return LearningTask(
      batch: { predict, random in
        let from = place ?? 4
        let to = from + (random.integer(below: 2) == 0 ? 1 : -1)
        let isFirst = place == nil
        place = (0..<9).contains(to) ? to : nil
        let value = to < 0 ? -1 : to > 8 ? 1 : predict(oneHot([to], of: 9)).sum()
        return TrainingBatch(
          inputs: oneHot([from], of: 9), labels: [isFirst ? 1 : 0],
          targets: Tensor([value], shape: [1, 1]))
      },
      loss: { output, batch in
        let error = output - batch.targets
        return (error.squared().sum() / 2, error)
      },
      score: { predict in
        let right = Tensor<Float>((0..<9).map { Float($0 - 4) / 5 }, shape: [9, 1])
        return SecondScores.determination(
          predict(oneHot(Array(0..<9), of: 9)), TrainingBatch(inputs: right, targets: right))
      })
  }

  /// A row of 10 places with reward 2 beyond its left end and 10 beyond its right one. Labels are
  /// actions. Scored by the share of the places with the right best action.
  fileprivate static func twoGoals() -> LearningTask {
    let discount: Float = 0.8
    return LearningTask(
      batch: { predict, random in
        let from = (0..<64).map { _ in random.integer(below: 10) }
        let actions = from.map { _ in random.integer(below: 2) }
        let best = predict(oneHot(Array(0..<10), of: 10)).max(axis: 1).elements
        let targets = zip(from, actions).map { place, action -> Float in
          let to = place + 2 * action - 1
          return to < 0 ? 2 : to > 9 ? 10 : discount * best[to]
        }
        return TrainingBatch(
          inputs: oneHot(from, of: 10), labels: actions, targets: Tensor(targets, shape: [64, 1]))
      },
      loss: { output, batch in
        let chosen = oneHot(batch.labels, of: 2)
        let error = output * chosen - chosen * batch.targets.broadcast(to: output.shape)
        let count = Float(batch.labels.count)
        return (error.squared().sum() / count, error * (2 / count))
      },
      score: { predict in
        let best = predict(oneHot(Array(0..<10), of: 10)).argmaxOfRows()
        func worth(_ reward: Float, _ steps: Int) -> Float {
          (0..<steps).reduce(reward) { value, _ in value * discount }
        }
        let hits = best.enumerated().count { place, action in
          (worth(10, 9 - place) > worth(2, place) ? 1 : 0) == action
        }
        return Double(hits) / 10
      })
  }
}
