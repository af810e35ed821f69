internal import Backflow

/// A lesson about saturation in deep networks of sigmoids and of tanh that classify digits, with
/// weights that are too large, with weights that are too small to compensate for the sigmoids, with
/// weights of the right size, and with the large weights and batch normalization.
///
///     z = σ(a),      ā = z̄ z(1 − z),    z(1 − z) ≤ ¼
///     z = tanh a,    ā = z̄ (1 − z²),    1 − z² ≤ 1
///
/// If a is far from 0, the local gradient is almost 0 and almost no gradient flows back.
package struct SigmoidSaturation {
  /// The seed of the weights and of the order of the images.
  package var seed: UInt64
  /// The number of layers before the readout.
  package var depth = 8
  /// The number of units in each layer.
  package var width = 48
  /// The standard deviation of weights that are too large: sums in the hundreds, as in the essay.
  package var largeDeviation = 100.0
  /// The number of steps of each training.
  package var steps = 1500
  /// The learning rate, with momentum 0.9.
  package var learningRate = 0.05
  /// The number of steps of plain SGD in which the speed of the layers is compared.
  package var plainSteps = 300
  /// The learning rate of plain SGD.
  package var plainRate = 0.1

  /// The results of a trained network.
  struct Outcome {
    let name: String
    let hue: LineChart.Hue
    let training: DigitTraining
    /// The backward signal at each layer before the first step.
    let profile: SignalProfile
    /// The outputs of the first layer of units for all training images before the first step.
    let firstOutputs: [Double]
    /// The fraction of held-out images classified correctly.
    let accuracy: Double
  }

  /// The results of the networks of one kind of unit.
  struct Outcomes {
    let unit: SaturatingUnit
    /// With weights that are too large, alone and with batch normalization; with Glorot's; and with
    /// Glorot's times the gain.
    let large, normalized, glorot, scaled: Outcome
    /// The speed of each layer under plain SGD with Glorot's weights.
    let speed: LayerSpeed
    var all: [Outcome] { [large, glorot, scaled, normalized] }
  }

  /// Creates the lesson with its default settings.
  package init(seed: UInt64) { self.seed = seed }

  /// Runs the lesson.
  package func run() throws -> LessonReport {
    let digits = try Digits.load()
    return report(
      sigmoid: try outcomes(.sigmoid, digits), tanh: try outcomes(.tanh, digits))
  }

  /// Trains the networks of one kind of unit.
  private func outcomes(_ unit: SaturatingUnit, _ digits: Digits) throws -> Outcomes {
    let large = Initializer.normal(standardDeviation: largeDeviation)
    let name = "deviation \(figure(largeDeviation))"
    let glorot = network(of: unit, .glorotUniform(), isNormalized: false)
    return Outcomes(
      unit: unit,
      large: try outcome(name, .alarm, network(of: unit, large, isNormalized: false), digits),
      normalized: try outcome(
        name + ", normalized", .accent, network(of: unit, large, isNormalized: true), digits),
      glorot: try outcome("Glorot", .neutral, glorot, digits),
      scaled: try outcome(
        "Glorot × \(figure(unit.gain))", .calm,
        network(of: unit, .glorotUniform(gain: unit.gain), isNormalized: false), digits),
      speed: LayerSpeed(
        of: glorot, on: digits.split.training, learningRate: plainRate, steps: plainSteps,
        seed: seed))
  }

  /// Returns a network of `depth` layers, [N, 64] → [N, 10], with the same random readout for all.
  private func network(
    of unit: SaturatingUnit, _ weights: Initializer, isNormalized: Bool
  ) -> Sequential<Float> {
    var random = RandomSource(seed: seed)
    return Sequential {
      for layer in 0..<depth {
        Dense(
          inputSize: layer == 0 ? 64 : width, outputSize: width, weights: weights, using: &random)
        if isNormalized { BatchNorm(channels: width) }
        unit.layer
      }
      Dense(inputSize: width, outputSize: Digits.classCount, using: &random)
    }
  }

  private func outcome(
    _ name: String, _ hue: LineChart.Hue, _ network: Sequential<Float>, _ digits: Digits
  ) throws -> Outcome {
    var training = DigitTraining(
      network, on: digits, learningRate: learningRate, momentum: 0.9, seed: seed)
    guard let profile = training.signalProfile() else { throw LessonError.noSignal(name) }
    // A weight, perhaps a normalization, and the units.
    let first = Sequential(Array(network.layers.prefix(network.layers.count / depth)))
    let outputs = first.forward(training.trainingRows, .training(seed: 0)).output
    training.train(steps: steps, lookingEvery: max(1, steps / 60))
    return Outcome(
      name: name, hue: hue, training: training, profile: profile,
      firstOutputs: outputs.elements.map { Double($0) }, accuracy: training.heldOutAccuracy)
  }
}

extension SignalProfile {
  /// The factors by which the nonlinearities multiply the signal, in forward order.
  var unitFactors: [Double] { entries.filter { $0.kind == .activation }.map(\.factor) }

  /// The factors by which the weights before the nonlinearities multiply the signal, including a
  /// normalization in between.
  var weightFactors: [Double] {
    var factors: [Double] = []
    for entry in entries {
      if entry.kind == .weight { factors.append(1) }
      if entry.kind != .activation, !factors.isEmpty { factors[factors.count - 1] *= entry.factor }
    }
    return Array(factors.dropLast())
  }

  /// The fraction of the gradient at the output that reaches the first layer.
  var bottomShare: Double { relativeNorms.first ?? 1 }
}
