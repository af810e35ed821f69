internal import Backflow

/// Balances the pole and learns from it: what it does follows from its settings and its seed.
struct QLearningAgent {
  private let settings: QLearningSettings
  private var random: RandomSource
  private var learner: QLearner
  private var memory: ReplayBuffer
  private var steps = 0

  /// What the learner's health monitor has found so far.
  var findings: [Finding] { learner.health.findings }

  init(_ clipping: ErrorClipping, _ settings: QLearningSettings, seed: UInt64) {
    self.settings = settings
    random = RandomSource(seed: seed)
    learner = QLearner(clipping, settings, using: &random)
    memory = ReplayBuffer(capacity: settings.memorySize)
  }

  /// Plays one episode to its end, learning on the way.
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

  /// One step, and its place in the memory.
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

  /// ε-greedy: a random push with probability ε, else the one of the largest value.
  private mutating func push(in state: Tensor<Float>) -> CartPole.Push {
    let explores = random.uniform() < settings.exploration(after: steps)
    let action = explores ? random.integer(below: 2) : learner.bestAction(in: state)
    return action == 0 ? .left : .right
  }
}
