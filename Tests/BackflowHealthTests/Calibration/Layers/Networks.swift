import Backflow

extension Sequential<Float> {
  /// A network of dense layers, each but the last with a nonlinearity behind it.
  init(
    _ sizes: [Int], _ nonlinearity: any Layer<Float>, weights: Initializer,
    using random: inout RandomSource
  ) {
    var layers: [any Layer<Float>] = []
    for (size, next) in zip(sizes, sizes.dropFirst()) {
      if !layers.isEmpty { layers.append(nonlinearity) }
      layers.append(Dense(inputSize: size, outputSize: next, weights: weights, using: &random))
    }
    self.init(layers)
  }

  /// A recurrence whose last state, or every state if `readsAll`, is read by a dense layer.
  init<Cell: RecurrentCell<Float>>(
    _ recurrence: Recurrent<Cell>, outputSize: Int, readsAll: Bool = false,
    using random: inout RandomSource
  ) {
    let readout = Dense<Float>(
      inputSize: recurrence.hiddenSize * recurrence.directionCount, outputSize: outputSize,
      using: &random)
    self.init(readsAll ? [recurrence, readout] : [recurrence, LastStep<Float>(), readout])
  }
}

extension Parameterized<Float> {
  /// Draws weights and biases as PyTorch does by default: uniform on ±1/√fan-in, and on ±1/√H in a
  /// recurrence. Parameters of normalization stay.
  func withPyTorchDefaults(using random: inout RandomSource) -> Self {
    var copy = self
    let hidden = namedParameters.first { $0.name.contains("weight_hh") }?.value.shape[1]
    var bound: Double?
    copy.visitParameters { name, value in
      if name.contains("_ih_l") || name.contains("_hh_l"), let hidden {
        bound = 1 / Double(hidden).squareRoot()
      } else if value.rank >= 2 {
        bound = 1 / Double(value.count / value.shape[0]).squareRoot()
      } else if name.hasSuffix("weight") {
        bound = nil
      }
      if let bound { value = random.uniform(value.shape, in: -bound..<bound) }
    }
    return copy
  }
}
