import Backflow

/// Q-learning with Huber's loss.
extension HealthySetUp {
  static let control: [HealthySetUp] = [
    HealthySetUp("Q-learning, table of a grid, SGD", .control, .accuracy(0.95)) { _ in
      WatchedTraining(
        Sequential<Float> { Dense(weight: .zeros([4, 25])) }, .grid(), steps: 800
      ) { SGD(for: $0, learningRate: 3) }
    },
    HealthySetUp("Q-learning, grid, ReLU, target network, Adam", .control, .accuracy(0.9)) {
      WatchedTraining(
        Sequential([25, 32, 4], ReLU(), weights: .heUniform(), using: &$0), .grid(), steps: 800
      ) { Adam(for: $0, learningRate: 0.005) }.with { $0.targetInterval = 20 }
    },
    HealthySetUp("Q-learning, balance, tanh, Adam", .control, .accuracy(0.75)) {
      WatchedTraining(
        Sequential([1, 32, 32, 3], Tanh(), weights: .glorotUniform(), using: &$0),
        .balance(batch: 64), steps: 2000
      ) { Adam(for: $0, learningRate: 0.005) }.with { $0.targetInterval = 20 }
    },
  ]
}
