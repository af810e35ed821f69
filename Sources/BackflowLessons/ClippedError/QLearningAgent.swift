internal import Backflow

/// An agent that learns to balance the pole. Its actions depend only on its settings and its seed.
struct QLearningAgent {
  private let settings: QLearningSettings
  private var random: RandomSource
  private var learner: QLearner
  private var memory: ReplayBuffer
  private var steps = 0

  /// The findings of the health monitor so far.
  var findings: [Finding] { learner.health.findings }

  init(_ clipping: ErrorClipping, _ settings: QLearningSettings, seed: UInt64) {
    self.settings = settings
    random = RandomSource(seed: seed)
    learner = QLearner(clipping, settings, using: &random)
    memory = ReplayBuffer(capacity: settings.memorySize)
  }

  /// Plays one episode to its end, with updates.
  mutating func playEpisode() throws(GradientClippingError) -> QLearningRun.Episode {
    var cartPole = CartPole(using: &random)
    var silenced = SilencedSamples()
    while !cartPole.isOver {
      play(&cartPole)
      if isTimeToLearn {
        silenced += try learner.learn(from: memory.sample(settings.batchSize, using: &random))
      }
    }
    return QLearningRun.Episode(return: Double(cartPole.steps), silenced: silenced)
  }

  private var isTimeToLearn: Bool {
    steps >= settings.stepsBeforeLearning && steps.isMultiple(of: settings.stepsPerUpdate)
  }

  /// Performs one step and stores it.
  private mutating func play(_ cartPole: inout CartPole) {
    let state = cartPole.observation
    let push = push(in: state)
    cartPole.step(push)
    memory.append(
      Transition(
        state: state, action: push.rawValue, reward: 1,
        next: cartPole.observation, isTerminal: cartPole.hasFailed))
    steps += 1
  }

  /// Returns an action by the ε-greedy policy: random with probability ε, and otherwise the one
  /// with the largest value.
  private mutating func push(in state: Tensor<Float>) -> CartPole.Push {
    let explores = random.uniform() < settings.exploration(after: steps)
    let action = explores ? random.integer(below: 2) : learner.bestAction(in: state)
    return action == 0 ? .left : .right
  }
}
