import Backflow

/// Units that are saturated or dead.
extension PlantedFailure {
  static let saturations: [PlantedFailure] = [
    PlantedFailure("saturation by scale", in: .tanh, [.saturation], at: ["3"]) { training, _ in
      training.model.change("2.weight") { $0 *= 20 }
    },
    PlantedFailure("saturation by scale, sigmoid", in: .sigmoid, [.saturation], at: ["3"]) {
      training, _ in
      training.model.change("2.weight") { $0 *= 40 }
    },
    PlantedFailure(
      "saturation inside a residual block", in: .residual, [.saturation], at: ["1.body.2"]
    ) { training, _ in
      training.model.change("1.body.1.weight") { $0 *= 20 }
    },
    PlantedFailure("saturation in a layer of one's own", in: .tanh, [.saturation], at: ["1"]) {
      training, random in
      let layers = training.model.layers
      guard var linear = layers[2] as? Dense<Float> else { return }
      linear.weight *= 20
      let own: [any Layer<Float>] = [layers[0], TanhUnits(linear: linear)]
      training.model = Sequential(own + layers[4...])
      training.optimizer = Adam(for: training.model)
    },
    PlantedFailure("saturation by large biases", in: .tanh, [.saturation], at: ["3"]) {
      training, random in
      let signs = (0..<48).map { $0 % 2 == 0 ? Float(5) : -5 }
      training.model.change("2.bias") { $0 = Tensor(signs) }
    },
    PlantedFailure("saturated recurrence", in: .rows, [.saturation], at: ["0.l0"]) { training, _ in
      training.model.change("0.weight_ih_l0") { $0 *= 30 }
    },
    PlantedFailure("closed input gate of an LSTM", in: .recall, [.saturation], at: ["0.l0"]) {
      training, random in
      let lstm = LSTM<Float>(inputSize: 8, hiddenSize: 24, using: &random)
      training.model = Sequential(lstm, outputSize: 4, using: &random)
      training.model.change("0.bias_ih_l0") { $0[0..<24] = Tensor(repeating: -12, shape: [24]) }
      training.optimizer = Adam(for: training.model, learningRate: 0.01)
    },
    // Healthy networks have almost as many, and half of the units reach the quality as well.
    deadByBias("half of the units dead by their bias", 32, .note),
    deadByBias("three quarters of the units dead by their bias", 48),
    PlantedFailure(
      "all units dead by their bias", in: .relu, [.deadUnits, .vanishingGradient], at: ["3"],
      causes: [.deadUnits, .vanishingGradient]
    ) { training, _ in
      training.model.change("2.bias") { $0 = $0 - 30 }
    },
    PlantedFailure(
      "channels dead by their bias, convolution", in: .convolution,
      [.deadUnits, .vanishingGradient], at: ["1"], causes: [.deadUnits, .vanishingGradient]
    ) { training, _ in
      training.model.change("0.bias") { $0 = Tensor((0..<8).map { $0 < 6 ? -30 : 0 }) }
    },
    PlantedFailure(
      "units dead by a large learning rate", in: .relu, [.longStep, .updateRatio, .deadUnits],
      causes: [.longStep, .updateRatio, .deadUnits]
    ) { training, _ in
      training.optimizer = SGD(for: training.model, learningRate: 3)
    },
  ]

  private static func deadByBias(
    _ name: String, _ count: Int, _ severity: Finding.Severity = .warning
  ) -> PlantedFailure {
    PlantedFailure(name, in: .relu, [.deadUnits], at: ["3"], severity: severity) { training, _ in
      training.model.change("2.bias") { $0 = Tensor((0..<64).map { $0 < count ? -30 : 0 }) }
    }
  }
}
