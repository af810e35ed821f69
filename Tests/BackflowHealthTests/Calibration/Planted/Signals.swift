import Backflow

/// Signals that vanish or explode with depth or in time.
extension PlantedFailure {
  static let signals: [PlantedFailure] = [
    PlantedFailure("vanishing by depth, sigmoid", in: .sigmoid, [.vanishingGradient], at: ["0"]) {
      training, random in
      training.model = Sequential(
        [64] + [Int](repeating: 32, count: 8) + [10], Sigmoid(), weights: .glorotUniform(),
        using: &random)
      training.optimizer = SGD(for: training.model, learningRate: 0.1)
    },
    PlantedFailure(
      "vanishing by small weights, tanh", in: .tanh, [.vanishingGradient, .poorInitialization],
      causes: [.vanishingGradient, .poorInitialization]
    ) { training, random in
      training.model = Sequential(
        [64] + [Int](repeating: 32, count: 8) + [10], Tanh(),
        weights: .normal(standardDeviation: 0.02), using: &random)
      training.optimizer = SGD(for: training.model, learningRate: 0.1)
    },
    PlantedFailure(
      "exploding initialization, gain 3 in 12 layers", in: .relu,
      [.poorInitialization, .explodingGradient], causes: [.poorInitialization, .explodingGradient]
    ) { training, random in
      training.model = Sequential(
        [64] + [Int](repeating: 32, count: 11) + [10], ReLU(),
        weights: .lecunNormal(gain: 3 * 2.0.squareRoot()), using: &random)
      training.optimizer = SGD(for: training.model, learningRate: 0.01)
    },
    PlantedFailure(
      "exploding recurrence, ρ = 1.5", in: .sines, [.explodingGradient, .nonFinite], at: ["0"]
    ) { training, random in
      training.model = Sequential(
        RNN<Float>(
          inputSize: 1, hiddenSize: 24, nonlinearity: .relu,
          recurrentWeights: .identity(gain: 1.5), using: &random),
        outputSize: 1, readsAll: true, using: &random)
      training.optimizer = SGD(for: training.model, learningRate: 1e-3)
      training.clip = nil
    },
    PlantedFailure(
      "recurrent weights too small to remember", in: .recall, [.vanishingGradient, .stuckLoss],
      causes: [.vanishingGradient, .stuckLoss]
    ) { training, random in
      training.model = Sequential(
        RNN<Float>(
          inputSize: 8, hiddenSize: 24, recurrentWeights: .orthogonal(gain: 0.05), using: &random),
        outputSize: 4, using: &random)
      training.optimizer = SGD(for: training.model, learningRate: 0.05)
      training.steps = 1500
    },
    PlantedFailure("confident start", in: .tanh, [.poorInitialization]) { training, _ in
      training.model.change("6.weight") { $0 *= 10 }
    },
  ]
}
