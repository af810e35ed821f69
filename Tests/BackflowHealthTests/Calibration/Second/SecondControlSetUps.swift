import Backflow

/// Policy gradients, values and imitation.
extension HealthySetUp {
  static let secondControl: [HealthySetUp] = [
    HealthySetUp("REINFORCE, bandit with contexts, SGD", .control, .accuracy(0.98)) {
      WatchedTraining(
        Sequential([8, 4], Tanh(), weights: .zeros, using: &$0), .bandit(), steps: 600
      ) { SGD(for: $0, learningRate: 2) }
    },
    HealthySetUp("REINFORCE, corridor, tanh, Adam", .control, .accuracy(0.89)) {
      WatchedTraining(
        Sequential([9, 24, 2], Tanh(), weights: .glorotUniform(), using: &$0), .corridor(),
        steps: 300
      ) { Adam(for: $0, learningRate: 0.01) }
    },
    HealthySetUp("actor and critic on one trunk, bandit, Adam", .control, .accuracy(0.98)) {
      WatchedTraining(
        TwoHeads(
          trunk: Sequential<Float>([
            Dense<Float>(inputSize: 8, outputSize: 24, weights: .heUniform(), using: &$0),
            ReLU<Float>(),
          ]), first: Sequential([24, 4], Tanh(), weights: .glorotUniform(), using: &$0),
          second: Sequential([24, 1], Tanh(), weights: .glorotUniform(), using: &$0)),
        .actorCritic(), steps: 600
      ) { Adam(for: $0, learningRate: 0.005) }
    },
    HealthySetUp("TD(0.8), random walk, one-hot, SGD", .control, .determination(0.94)) {
      WatchedTraining(
        Sequential([19, 1], Tanh(), weights: .zeros, using: &$0), .walk(lambda: 0.8), steps: 1000
      ) { SGD(for: $0, learningRate: 1) }.with {
        $0.schedule = CosineSchedule(1.5, steps: 1000, minimum: 0.05)
      }
    },
    HealthySetUp("TD(0.5), random walk, tanh, target network", .control, .determination(0.94)) {
      WatchedTraining(
        Sequential([19, 24, 1], Tanh(), weights: .glorotUniform(), using: &$0),
        .walk(lambda: 0.5), steps: 700
      ) { Adam(for: $0, learningRate: 0.003) }.with { $0.targetInterval = 10 }
    },
    HealthySetUp("imitation of a controller, actions, Adam", .control, .accuracy(0.94)) {
      WatchedTraining(
        Sequential([2, 24, 24, 3], Tanh(), weights: .glorotUniform(), using: &$0), .imitation(),
        steps: 700
      ) { Adam(for: $0, learningRate: 0.005) }
    },
    HealthySetUp("imitation of a controller, forces, ReLU", .control, .determination(0.99)) {
      WatchedTraining(
        Sequential([2, 32, 32, 1], ReLU(), weights: .orthogonal(), using: &$0), .forces(),
        steps: 600
      ) { SGD(for: $0, learningRate: 0.03, momentum: 0.9) }
    },
  ]
}
