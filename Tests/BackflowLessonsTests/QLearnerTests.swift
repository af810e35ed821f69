import Backflow
import BackflowLessons
import TestSupport
import Testing

@Suite struct `A Q-learner` {
  var settings = QLearningSettings()

  init() {
    settings.hiddenSize = 8
    settings.targetInterval = 3
  }

  func batch(reward: Float, isTerminal: Bool) -> TransitionBatch {
    var buffer = ReplayBuffer(capacity: 1)
    buffer.append(
      Transition(
        state: Tensor([0.1, 0.2, 0.3, 0.4]), action: 1, reward: reward,
        next: Tensor([1, 2, 3, 4]), isTerminal: isTerminal))
    var random = RandomSource(seed: 1)
    return buffer.sample(2, using: &random)
  }

  func parameters(of model: some Parameterized<Float>) -> [Tensor<Float>] {
    model.namedParameters.map { $0.value }
  }

  // q(s′) = (3 s′₁, s′₂ + 5) = (3, 7).
  @Test func `has the target of the reward and the best next value, except at the end`() {
    let network = QNetwork(
      first: Dense(weight: .identity(4), bias: .zeros([4])),
      second: Dense(weight: .identity(4), bias: .zeros([4])),
      third: Dense(
        weight: Tensor(rows: [[3, 0, 0, 0], [0, 1, 0, 0]]), bias: Tensor([0, 5])))
    let goesOn = bellmanTarget(
      of: batch(reward: 1, isTerminal: false), network, discount: 0.5)
    #expect(goesOn == Tensor([4.5, 4.5]))
    let ends = bellmanTarget(of: batch(reward: 1, isTerminal: true), network, discount: 0.5)
    #expect(ends == Tensor([1, 1]))
  }

  @Test func `has the network of its equations`() {
    var random = RandomSource(seed: 4)
    let network = QNetwork(hiddenSize: 8, using: &random)
    let layers = Sequential<Float> {
      network.first
      ReLU()
      network.second
      ReLU()
      network.third
    }
    let states = random.normal([5, 4], as: Float.self)
    let qGradient = random.normal([5, 2], as: Float.self)
    let (q, cache) = network.forward(states)
    let (expected, layersCache) = layers.forward(states)
    #expect(q == expected)

    let (statesGradient, gradients) = network.backward(qGradient, cache)
    let (expectedGradient, layersGradients) = layers.backward(qGradient, layersCache)
    #expect(statesGradient == expectedGradient)
    #expect(
      parameters(of: gradients) == parameters(of: layersGradients))
  }

  // The failure has the value −100 and the prediction is about 0: |δ| is far beyond 10.
  @Test(arguments: ErrorClipping.allCases)
  func `learns nothing from an unexpected failure if the clip is inside the square`(
    clipping: ErrorClipping
  ) throws {
    var random = RandomSource(seed: 5)
    var learner = QLearner(clipping, settings, using: &random)
    let before = parameters(of: learner.network)
    let silenced = try learner.learn(from: batch(reward: -100, isTerminal: true))

    let isSilenced = clipping == .insideSquare
    #expect((parameters(of: learner.network) == before) == isSilenced)
    #expect(silenced.samples == 2 && silenced.beyondLimit == 2 && silenced.failures == 2)
    #expect(silenced.share == (isSilenced ? 1 : 0))
    #expect(silenced.shareOfFailures == (isSilenced ? 1 : 0))
  }

  @Test(arguments: ErrorClipping.allCases)
  func `approaches a target within the limit`(clipping: ErrorClipping) throws {
    var random = RandomSource(seed: 6)
    var settings = settings
    settings.learningRate = CosineSchedule(0.1, steps: 200)
    var learner = QLearner(clipping, settings, using: &random)
    let batch = batch(reward: 3, isTerminal: true)
    for _ in 0..<200 { _ = try learner.learn(from: batch) }
    let value = learner.network(batch.states)[0, 1]
    expectClose([Double(value)], [3], Tolerance(0.05, scale: 3))
    #expect(learner.bestAction(in: batch.states.select(0)) == 1)
  }

  @Test func `updates its target network at its interval only`() throws {
    var random = RandomSource(seed: 7)
    var learner = QLearner(.huber, settings, using: &random)
    let batch = batch(reward: 1, isTerminal: false)
    let first = learner.network.first.weight
    for _ in 0..<2 { _ = try learner.learn(from: batch) }
    #expect(learner.targetNetwork.first.weight == first && learner.network.first.weight != first)
    _ = try learner.learn(from: batch)
    #expect(learner.targetNetwork.first.weight == learner.network.first.weight)
  }
}
