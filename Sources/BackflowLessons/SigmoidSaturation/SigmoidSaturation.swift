internal import Backflow

/// A deep network of sigmoids that is to read digits, four times: with weights that are far too large,
/// with weights that are too small to make up for the sigmoids, with weights of the right size, and
/// with the large ones again, but behind batch normalisation.
///
///     z = σ(a),   ā = z̄ z(1 − z),   z(1 − z) ≤ ¼
///
/// Where a is far from 0, z(1 − z) is next to 0 and nothing flows back; and nowhere is it more than ¼.
package struct SigmoidSaturation {
  /// The seed of the weights and of the order of the images.
  package var seed: UInt64
  /// The number of sigmoid layers.
  package var depth = 8
  /// The units of each.
  package var width = 48
  /// The standard deviation of weights that are too large: sums in the hundreds, as in the essay.
  package var largeDeviation = 100.0
  /// The steps of each training.
  package var steps = 1500
  /// The learning rate, with momentum 0.9.
  package var learningRate = 0.05

  /// One of the networks after its training.
  struct Outcome {
    let name: String
    let hue: LineChart.Hue
    let training: DigitTraining
    /// What each layer made of the backward signal before the first step.
    let profile: SignalProfile
    /// The share of held-out images classified correctly.
    let accuracy: Double
  }

  /// All four, trained.
  struct Outcomes {
    let large, small, scaled, normalized: Outcome
    var all: [Outcome] { [large, small, scaled, normalized] }
  }

  /// The lesson as it is held, drawn from `seed`.
  package init(seed: UInt64) { self.seed = seed }

  /// Holds the lesson.
  package func run() throws -> LessonReport { report(try outcomes()) }

  /// Trains the four networks.
  func outcomes() throws -> Outcomes {
    let digits = try Digits.load()
    let large = Initializer.normal(standardDeviation: largeDeviation)
    return Outcomes(
      large: try outcome("weights of deviation \(figure(largeDeviation))", .alarm, large, digits),
      small: try outcome("Glorot's weights", .neutral, .glorotUniform(), digits),
      scaled: try outcome("Glorot's weights × 4", .calm, .glorotUniform(gain: 4), digits),
      normalized: try outcome(
        "deviation \(figure(largeDeviation)), batch-normalised", .accent, large,
        isNormalized: true, digits))
  }

  /// `depth` layers of sigmoids, [N, 64] → [N, 10], and a readout that is drawn alike for all.
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
  /// What each sigmoid makes of the signal, the lowest first: at most ¼.
  var sigmoidFactors: [Double] { entries.filter { $0.kind == .activation }.map(\.factor) }

  /// What the weight below each sigmoid makes of it, together with what stands between the two.
  var weightFactors: [Double] {
    var factors: [Double] = []
    for entry in entries {
      if entry.kind == .weight { factors.append(1) }
      if entry.kind != .activation, !factors.isEmpty { factors[factors.count - 1] *= entry.factor }
    }
    return Array(factors.dropLast())
  }

  /// What the lowest layer gets of the gradient that enters at the top.
  var bottomShare: Double { relativeNorms.first ?? 1 }
}
