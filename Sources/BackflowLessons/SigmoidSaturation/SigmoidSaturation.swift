internal import Backflow

/// A lesson about saturation in a deep network of sigmoids that classifies digits: with weights
/// that are too large, with weights that are too small to compensate for the sigmoids, with weights
/// of the right size, and with the large weights and batch normalization.
///
///     z = σ(a),   ā = z̄ z(1 − z),   z(1 − z) ≤ ¼
///
/// If a is far from 0, z(1 − z) is almost 0 and almost no gradient flows back. It is never more
/// than ¼.
package struct SigmoidSaturation {
  /// The seed of the weights and of the order of the images.
  package var seed: UInt64
  /// The number of sigmoid layers.
  package var depth = 8
  /// The number of units in each layer.
  package var width = 48
  /// The standard deviation of weights that are too large: sums in the hundreds, as in the essay.
  package var largeDeviation = 100.0
  /// The number of steps of each training.
  package var steps = 1500
  /// The learning rate, with momentum 0.9.
  package var learningRate = 0.05

  /// The results of a trained network.
  struct Outcome {
    let name: String
    let hue: LineChart.Hue
    let training: DigitTraining
    /// The backward signal at each layer before the first step.
    let profile: SignalProfile
    /// The fraction of held-out images classified correctly.
    let accuracy: Double
  }

  /// The results of all four networks.
  struct Outcomes {
    let large, small, scaled, normalized: Outcome
    var all: [Outcome] { [large, small, scaled, normalized] }
  }

  /// Creates the lesson with its default settings.
  package init(seed: UInt64) { self.seed = seed }

  /// Runs the lesson.
  package func run() throws -> LessonReport { report(try outcomes()) }

  /// Trains the four networks.
  func outcomes() throws -> Outcomes {
    let digits = try Digits.load()
    let large = Initializer.normal(standardDeviation: largeDeviation)
    return Outcomes(
      large: try outcome("deviation \(figure(largeDeviation))", .alarm, large, digits),
      small: try outcome("Glorot", .neutral, .glorotUniform(), digits),
      scaled: try outcome("Glorot × 4", .calm, .glorotUniform(gain: 4), digits),
      normalized: try outcome(
        "deviation \(figure(largeDeviation)), normalized", .accent, large,
        isNormalized: true, digits))
  }

  /// Returns a network of `depth` sigmoid layers, [N, 64] → [N, 10], with the same random readout
  /// for all.
  func network(_ weights: Initializer, isNormalized: Bool) -> Sequential<Float> {
    var random = RandomSource(seed: seed)
    return Sequential {
      for layer in 0..<depth {
        Dense(
          inputSize: layer == 0 ? 64 : width, outputSize: width, weights: weights, using: &random)
        if isNormalized { BatchNorm(channels: width) }
        Sigmoid()
      }
      Dense(inputSize: width, outputSize: Digits.classCount, using: &random)
    }
  }

  private func outcome(
    _ name: String, _ hue: LineChart.Hue, _ weights: Initializer, isNormalized: Bool = false,
    _ digits: Digits
  ) throws -> Outcome {
    var training = DigitTraining(
      network(weights, isNormalized: isNormalized), on: digits, learningRate: learningRate,
      momentum: 0.9, seed: seed)
    guard let profile = training.signalProfile() else { throw LessonError.noSignal(name) }
    training.train(steps: steps, lookingEvery: max(1, steps / 60))
    return Outcome(
      name: name, hue: hue, training: training, profile: profile,
      accuracy: training.heldOutAccuracy)
  }
}

extension SignalProfile {
  /// The factors by which the sigmoids multiply the signal, in forward order: at most ¼.
  var sigmoidFactors: [Double] { entries.filter { $0.kind == .activation }.map(\.factor) }

  /// The factors by which the weights before the sigmoids multiply the signal, including a
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
