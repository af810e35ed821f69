import Backflow

/// One point at which one layer or loss is checked. Add a layer: add its rows.
struct GradientCheckRow: CustomStringConvertible, Sendable {
  /// The type or function of BackflowLayers that this row is for.
  let subject: String
  let shapes: String
  let function: @Sendable (inout RandomSource) -> DifferentiableFunction

  var description: String { "\(subject) \(shapes)" }

  init(
    _ subject: String, _ shapes: String,
    _ function: @escaping @Sendable (inout RandomSource) -> DifferentiableFunction
  ) {
    (self.subject, self.shapes, self.function) = (subject, shapes, function)
  }
}

let gradientCheckTable: [GradientCheckRow] =
  dense + activations + recurrent + losses + feedForwardRows + lossRows

// MARK: - Feed-forward

private let dense = [([1, 1], 1), ([1, 3], 2), ([3, 5], 4), ([2, 3, 4], 3), ([6], 2)].map {
  (shape: [Int], outputs: Int) in
  GradientCheckRow("Dense", "\(shape) → \(outputs)") { random in
    var layer = Dense<Double>(
      inputSize: shape[shape.count - 1], outputSize: outputs, using: &random)
    layer.bias = random.normal(layer.bias.shape)
    return DifferentiableFunction(layer, input: random.normal(Shape(shape)))
  }
}

private let activations: [GradientCheckRow] = [[1], [3, 5], [2, 3, 1]].flatMap {
  (shape: [Int]) in
  [
    GradientCheckRow("Sigmoid", "\(shape)") { random in
      DifferentiableFunction(Sigmoid(), input: random.normal(Shape(shape), standardDeviation: 2))
    },
    GradientCheckRow("Tanh", "\(shape)") { random in
      DifferentiableFunction(Tanh(), input: random.normal(Shape(shape)))
    },
    GradientCheckRow("ReLU", "\(shape)") { random in
      DifferentiableFunction(ReLU(), input: random.awayFromZero(Shape(shape)))
    },
  ]
}

// MARK: - Recurrent

private let recurrent: [GradientCheckRow] = [1, 2, 6].flatMap { time in
  [1, 3].flatMap { batch in
    [(1, 1), (3, 5)].flatMap { (input, hidden) -> [GradientCheckRow] in
      let shapes = "T \(time), B \(batch), I \(input), H \(hidden)"
      return [
        GradientCheckRow("RNN", "tanh, \(shapes)") { random in
          var layer = RNN<Double>(inputSize: input, hiddenSize: hidden, using: &random)
          layer.inputBias = random.normal([hidden])
          layer.recurrentBias = random.normal([hidden])
          return DifferentiableFunction(
            layer, input: random.normal([time, batch, input]),
            initialState: random.normal([batch, hidden]))
        },
        GradientCheckRow("RNN", "ReLU, \(shapes)") { random in
          DifferentiableFunction(
            .farFromKinks(inputSize: input, hiddenSize: hidden, using: &random),
            input: random.uniform([time, batch, input], in: 0.5..<1.5),
            initialState: random.uniform([batch, hidden], in: 0..<1))
        },
      ]
    }
  }
}

extension RNN<Double> {
  /// A ReLU recurrence on positive inputs in which every second unit is always on, the others always
  /// off, whatever the time: no argument comes within 0.3 of a kink.
  fileprivate static func farFromKinks(
    inputSize: Int, hiddenSize: Int, using random: inout RandomSource
  ) -> RNN {
    RNN(
      inputWeight: random.uniform([hiddenSize, inputSize], in: 0.2..<1),
      recurrentWeight: random.uniform([hiddenSize, hiddenSize], in: 0..<0.15),
      inputBias: Tensor((0..<hiddenSize).map { $0.isMultiple(of: 2) ? 0.5 : -20 }),
      recurrentBias: random.uniform([hiddenSize], in: 0..<0.1), nonlinearity: .relu)
  }
}

// MARK: - Losses

private let losses = [[1, 2], [3, 5], [2, 2, 4]].map { (shape: [Int]) in
  GradientCheckRow("softmaxCrossEntropy", "\(shape)") { random in
    let logits: Tensor<Double> = random.normal(Shape(shape), standardDeviation: 2)
    let classes = shape[shape.count - 1]
    let labels = (0..<logits.count / classes).map { _ in random.integer(below: classes) }
    return DifferentiableFunction(loss: { softmaxCrossEntropy($0, labels) }, at: logits)
  }
}

extension RandomSource {
  /// Normal draws pushed outwards, so that no element comes within 0.1 of the kink at 0.
  fileprivate mutating func awayFromZero(_ shape: Shape) -> Tensor<Double> {
    let draws: Tensor<Double> = normal(shape)
    return Tensor(draws.elements.map { $0 + ($0 < 0 ? -0.1 : 0.1) }, shape: shape)
  }
}
