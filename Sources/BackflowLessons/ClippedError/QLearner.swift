public import Backflow

/// Deep Q-learning: a network learns the value of each action from remembered transitions.
///
///     δ = q(s, a) − (r + γ max_a′ q⁻(s′, a′))
///
/// q⁻ is a copy of the network, renewed now and then; no gradient flows through it. Mnih et al.,
/// "Human-level control through deep reinforcement learning", Nature 518, 2015.
public struct QLearner: Sendable {
  /// q
  public private(set) var network: QNetwork
  /// q⁻
  public private(set) var targetNetwork: QNetwork

  /// Watches the losses of the samples at every hundredth update.
  public private(set) var health = HealthMonitor<Float>(every: 100)

  private let clipping: ErrorClipping
  private let settings: QLearningSettings
  private var optimizer: Adam<Float>

  /// A learner with a freshly drawn network.
  public init(
    _ clipping: ErrorClipping, _ settings: QLearningSettings, using random: inout RandomSource
  ) {
    self.clipping = clipping
    self.settings = settings
    network = QNetwork(hiddenSize: settings.hiddenSize, using: &random)
    targetNetwork = network
    optimizer = Adam(for: network)
  }

  /// The action of the largest value in a state [4].
  public func bestAction(in state: Tensor<Float>) -> Int { network(state).argmax() }

  /// One step along the gradient of a batch, and which of its samples the loss ignored.
  ///
  /// - Throws: `GradientClippingError` if a gradient is not finite.
  public mutating func learn(
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

/// r + γ max_a′ q(s′, a′), and r alone where s′ is an end; [B].
public func bellmanTarget(
  of batch: TransitionBatch, _ network: QNetwork, discount: Float
) -> Tensor<Float> {
  batch.rewards + discount * batch.goesOn * network(batch.nextStates).max(axis: 1)
}
