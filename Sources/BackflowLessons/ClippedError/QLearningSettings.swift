package import Backflow

/// The settings of a run of Q-learning. The defaults are the same for all losses.
///
/// With a reward of 1 for each step and γ = 0.99, the value of a state is at most 1/(1 − γ) = 100.
/// An error can therefore be much larger than the limit of 10, as for an unexpected failure.
package struct QLearningSettings: Sendable {
  /// The largest number of episodes.
  package var episodes = 250
  /// The number H of units in each hidden layer.
  package var hiddenSize = 64
  /// The number B of transitions in a batch.
  package var batchSize = 64
  /// The capacity for transitions. The default is sufficient for all of them.
  package var memorySize = 100_000
  /// The number of steps before the first update.
  package var stepsBeforeLearning = 500
  /// The number of steps between updates.
  package var stepsPerUpdate = 4
  /// The number of updates between updates of the target network. With short intervals, the values
  /// diverge, since each is bootstrapped from its own last change.
  package var targetInterval = 25
  /// The learning rate, which decreases to preserve a good policy.
  package var learningRate = CosineSchedule(2e-3, steps: 6_000, minimum: 1e-4)
  /// The discount γ.
  package var discount: Float = 0.99
  /// The limit k on |δ|.
  package var errorLimit: Float = 10
  /// The limit on the norm of the gradients of all parameters, for `ErrorClipping.gradientNorm`.
  package var gradientNormLimit = 10.0
  /// The number of steps in which ε decreases from 1 to its final value.
  package var explorationSteps = 1_500
  /// The final value of ε.
  package var finalExploration = 0.01

  /// Creates the default settings.
  package init() {}

  /// Returns ε, the probability of a random action after `steps` steps.
  package func exploration(after steps: Int) -> Double {
    let progress = min(1, Double(steps) / Double(explorationSteps))
    return 1 - progress + finalExploration * progress
  }
}
