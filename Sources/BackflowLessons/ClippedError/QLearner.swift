package import Backflow

/// A deep Q-learner: a network that learns the value of each action from stored transitions.
///
///     δ = q(s, a) − (r + γ max_a′ q⁻(s′, a′))
///
/// q⁻ is a copy of the network that is updated at intervals; no gradient flows through it. Mnih et
/// al., "Human-level control through deep reinforcement learning", Nature 518, 2015.
package struct QLearner: Sendable {
  /// The network q.
  package private(set) var network: QNetwork
  /// The target network q⁻.
  package private(set) var targetNetwork: QNetwork

  /// A monitor that observes the sample losses at every hundredth update.
  package private(set) var health = HealthMonitor<Float>(every: 100)

  private let clipping: ErrorClipping
  private let settings: QLearningSettings
  private var optimizer: Adam<Float>

  /// Creates a learner with a randomly initialized network.
  package init(
    _ clipping: ErrorClipping, _ settings: QLearningSettings, using random: inout RandomSource
  ) {
    self.clipping = clipping
    self.settings = settings
    network = QNetwork(hiddenSize: settings.hiddenSize, using: &random)
    targetNetwork = network
    optimizer = Adam(for: network)
  }

  /// Returns the action with the largest value in a state [4].
  package func bestAction(in state: Tensor<Float>) -> Int { network(state).argmax() }

  /// Performs an update on a batch, and counts the samples with zero gradient.
  ///
  /// - Throws: `GradientClippingError` if a gradient is not finite.
  package mutating func learn(
    from batch: TransitionBatch
  ) throws(GradientClippingError) -> SilencedSamples {
    let target = bellmanTarget(of: batch, targetNetwork, discount: settings.discount)
    let (q, cache) = network.forward(batch.states)  // [B, 4] → [B, 2]
    let taken = gather(q, at: batch.actions)  // q[:, a], [B, 2] → [B]
    let (_, gradient) = clipping.loss(taken, target, limit: settings.errorLimit)
    let errors = taken - target
    health.observe(optimizer.step) {
      $0.recordLoss(
        clipping.title, entries: clipping.losses(of: errors, limit: settings.errorLimit),
        gradient: gradient)
    }

    let qGradient = gatherBackward(gradient, at: batch.actions, columns: q.shape[1])
    var (_, gradients) = network.backward(qGradient, cache)
    if clipping == .gradientNorm {
      try clipGradientNorm(&gradients, to: settings.gradientNormLimit)
    }
    step(along: gradients)

    var silenced = SilencedSamples()
    silenced.count(
      errors: errors, gradient: gradient, goesOn: batch.goesOn, limit: settings.errorLimit)
    return silenced
  }

  private mutating func step(along gradients: QNetwork) {
    optimizer.learningRate = settings.learningRate.learningRate(at: optimizer.step)
    optimizer.update(&network, along: gradients)
    if optimizer.step.isMultiple(of: settings.targetInterval) { targetNetwork = network }
  }
}

/// Returns the targets r + γ max_a′ q(s′, a′), or r alone if s′ is terminal, [B].
package func bellmanTarget(
  of batch: TransitionBatch, _ network: QNetwork, discount: Float
) -> Tensor<Float> {
  batch.rewards + discount * batch.goesOn * network(batch.nextStates).max(axis: 1)
}
