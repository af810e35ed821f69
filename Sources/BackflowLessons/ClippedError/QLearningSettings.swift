public import Backflow

/// What a run of Q-learning can be set to; the defaults hold for all three losses alike.
///
/// A reward of 1 a step and γ = 0.99 make a state worth up to 1/(1 − γ) = 100, so an error may be far
/// beyond the limit of 10, and a failure that the network did not expect is.
public struct QLearningSettings: Sendable {
  /// The largest number of episodes.
  public var episodes = 400
  /// H, the units of either hidden layer.
  public var hiddenSize = 128
  /// B, the transitions in a batch.
  public var batchSize = 64
  /// How many transitions are remembered: here, all of them.
  public var memorySize = 100_000
  /// The steps before the first update.
  public var stepsBeforeLearning = 500
  /// The steps from one update to the next.
  public var stepsPerUpdate = 2
  /// The updates from one renewal of the target network to the next. Short intervals let the values
  /// run away, each bootstrapping from its own last change.
  public var targetInterval = 50
  /// Falls, so that a policy that has become good stays so.
  public var learningRate = CosineSchedule(1e-3, steps: 16_000, minimum: 1e-4)
  /// γ
  public var discount: Float = 0.99
  /// k, the largest |δ| that counts in full.
  public var errorLimit: Float = 10
  /// The largest norm of the gradients of all parameters, for `ErrorClipping.gradientNorm`.
  public var gradientNormLimit = 10.0
  /// The steps in which ε falls from 1 to its last value.
  public var explorationSteps = 1_500
  /// ε at last.
  public var finalExploration = 0.01

  /// The defaults.
  public init() {}

  /// ε: the probability of a random action after `steps` steps.
  public func exploration(after steps: Int) -> Double {
    let progress = min(1, Double(steps) / Double(explorationSteps))
    return 1 - progress + finalExploration * progress
  }
}
