import Backflow

/// Data for policies, values and imitation.
extension LearningTask {
  private static func sample(_ logits: Tensor<Float>, using random: inout RandomSource) -> [Int] {
    let p = softmax(logits)
    return (0..<p.shape[0]).map { row in
      var left = Float(random.uniform())
      for action in 0..<p.shape[1] {
        left -= p[row, action]
        if left < 0 { return action }
      }
      return p.shape[1] - 1
    }
  }

  /// The best of 4 arms in each of 8 contexts, with noisy rewards. Advantages are the rewards
  /// above their mean.
  static func bandit() -> LearningTask {
    LearningTask(
      batch: { predict, random in
        let (contexts, inputs) = contexts(64, &random)
        let actions = sample(predict(inputs), using: &random)
        let rewards = rewards(contexts, actions, &random)
        return TrainingBatch(
          inputs: inputs, labels: actions, targets: rewards - rewards.mean())
      }, loss: SecondLosses.policyGradient, score: bestArms)
  }

  /// The same bandit with a baseline that the second head learns.
  static func actorCritic() -> LearningTask {
    LearningTask(
      batch: { predict, random in
        let (contexts, inputs) = contexts(64, &random)
        let output = predict(inputs)
        let actions = sample(output.slice(0..<4, axis: 1), using: &random)
        return TrainingBatch(
          inputs: inputs, labels: actions,
          targets: .concatenate([
            rewards(contexts, actions, &random) - output.slice(4..<5, axis: 1).reshaped(to: [64]),
            output.slice(4..<5, axis: 1).reshaped(to: [64]),
          ]))
      },
      loss: SecondLosses.split(
        at: 4,
        {
          var batch = $1
          batch.targets = $1.targets[0..<64]
          return SecondLosses.policyGradient($0, batch)
        },
        {
          let rewards = $1.targets[0..<64] + $1.targets[64..<128]
          return meanSquaredError($0, rewards.reshaped(to: [64, 1]))
        }), score: bestArms)
  }

  private static func contexts(
    _ count: Int, _ random: inout RandomSource
  ) -> ([Int], Tensor<Float>) {
    let contexts = (0..<count).map { _ in random.integer(below: 8) }
    return (contexts, oneHot(contexts, of: 8))
  }

  private static func rewards(
    _ contexts: [Int], _ actions: [Int], _ random: inout RandomSource
  ) -> Tensor<Float> {
    Tensor(
      zip(contexts, actions).map { context, action -> Float in
        let noise = Float(0.2 * random.normal())
        return (action == context * 3 % 4 ? 1 : 0) + noise
      })
  }

  /// The mean probability of the best arm.
  private static func bestArms(_ predict: Predictor) -> Double {
    let p = softmax(predict(oneHot(Array(0..<8), of: 8)).slice(0..<4, axis: 1))
    return (0..<8).reduce(0) { $0 + Double(p[$1, $1 * 3 % 4]) } / 8
  }

  /// A corridor of 10 places with a reward at its end and a cost for each step; 8 episodes of at
  /// most 30 steps are a batch. Advantages are normalized returns. Scored by the mean probability
  /// of the right direction.
  static func corridor() -> LearningTask {
    LearningTask(
      batch: { predict, random in
        let chances = softmax(predict(oneHot(Array(0..<9), of: 9)))
        var (places, actions, returns) = ([Int](), [Int](), [Float]())
        for _ in 0..<8 {
          var (place, steps) = (random.integer(below: 9), 0)
          var rewards: [Float] = []
          while place < 9, steps < 30 {
            let action = Float(random.uniform()) < chances[place, 0] ? 0 : 1
            places.append(place)
            actions.append(action)
            place = max(place + (action == 1 ? 1 : -1), 0)
            rewards.append(place == 9 ? 1 : -0.05)
            steps += 1
          }
          var sum: Float = 0
          returns += rewards.reversed().map { (reward: Float) -> Float in
            sum = reward + 0.9 * sum
            return sum
          }.reversed()
        }
        let all = Tensor(returns)
        return TrainingBatch(
          inputs: oneHot(places, of: 9), labels: actions,
          targets: (all - all.mean()) / max(all.standardDeviation(), 1e-3))
      }, loss: SecondLosses.policyGradient,
      score: {
        Double(softmax($0(oneHot(Array(0..<9), of: 9))).slice(1..<2, axis: 1).mean())
      })
  }

  /// The values of a random walk over 19 places, with −1 beyond the left end and 1 beyond the right
  /// one, from λ-returns of 4 walks (Sutton and Barto). Scored by R² of the values.
  static func walk(lambda: Float) -> LearningTask {
    LearningTask(
      batch: { predict, random in
        let values = predict(oneHot(Array(0..<19), of: 19)).elements
        var (places, targets) = ([Int](), [Float]())
        for _ in 0..<4 {
          var path = [random.integer(below: 19)]
          while let last = path.last, (0..<19).contains(last), path.count < 60 {
            path.append(last + (random.integer(below: 2) == 0 ? 1 : -1))
          }
          func value(_ place: Int) -> Float { place < 0 ? -1 : place > 18 ? 1 : values[place] }
          var target = value(path[path.count - 1])
          for t in (0..<path.count - 1).reversed() {
            target = lambda * target + (1 - lambda) * value(path[t + 1])
            places.append(path[t])
            targets.append(target)
          }
        }
        return TrainingBatch(
          inputs: oneHot(places, of: 19), targets: Tensor(targets, shape: [targets.count, 1]))
      }, loss: { meanSquaredError($0, $1.targets) },
      score: { predict in
        let right = Tensor<Float>((0..<19).map { Float($0 - 9) / 10 }, shape: [19, 1])
        let error = meanSquaredError(predict(oneHot(Array(0..<19), of: 19)), right).loss
        return 1 - Double(error / right.variance())
      })
  }

  /// The force of a controller for place and speed, limited to ±1.
  private static func force(_ x: Tensor<Float>, _ row: Int) -> Float {
    max(-1, min(1, -1.2 * x[row, 0] - 0.8 * x[row, 1]))
  }

  /// The controller's action: left, none or right.
  static func imitation() -> LearningTask {
    classification(classes: 3, batch: 32) { size, random in
      let x: Tensor<Float> = random.normal([size, 2])
      let labels = (0..<size).map { row -> Int in
        let force = force(x, row)
        return force < -0.3 ? 0 : force > 0.3 ? 2 : 1
      }
      return TrainingBatch(inputs: x, labels: labels)
    }
  }

  /// The controller's force.
  static func forces() -> LearningTask {
    regression(batch: 32) { size, random in
      let x: Tensor<Float> = random.normal([size, 2])
      return TrainingBatch(
        inputs: x, targets: Tensor((0..<size).map { force(x, $0) }, shape: [size, 1]))
    }
  }
}
