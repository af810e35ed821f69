import Backflow

/// A point at which a layer or loss is checked. Every new layer needs rows.
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
  dense + denseWithoutBias + activations + recurrentRows + feedForwardRows + lossRows

// MARK: - Feed-forward

private let dense = [([1, 1], 1), ([1, 3], 2), ([3, 5], 4), ([2, 3, 4], 3), ([6], 2)].map {
  (shape: [Int], outputs: Int) in
  GradientCheckRow("Dense", "\(shape) → \(outputs)") { random in
    var layer = Dense<Double>(
      inputSize: shape[shape.count - 1], outputSize: outputs, using: &random)
    layer.bias = random.normal([outputs])
    return DifferentiableFunction(layer, input: random.normal(Shape(shape)))
  }
}

private let denseWithoutBias = [([1, 3], 2), ([2, 3, 4], 3), ([6], 2)].map {
  (shape: [Int], outputs: Int) in
  GradientCheckRow("Dense", "\(shape) → \(outputs), no bias") { random in
    let layer = Dense<Double>(
      inputSize: shape[shape.count - 1], outputSize: outputs, bias: false, using: &random)
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
      DifferentiableFunction(ReLU(), input: random.awayFromKink(Shape(shape)))
    },
  ]
}

extension RandomSource {
  /// Returns normal random numbers with a distance of at least 0.1 from the kink at 0.
  mutating func awayFromKink(_ shape: Shape) -> Tensor<Double> {
    let draws: Tensor<Double> = normal(shape)
    return Tensor(draws.elements.map { $0 + ($0 < 0 ? -0.1 : 0.1) }, shape: shape)
  }
}
