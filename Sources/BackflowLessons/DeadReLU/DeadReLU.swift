internal import Backflow

/// A hidden layer of rectified units that reads digits. It starts with a learning rate that is far too
/// large, which is then lowered; beside it the same with the low rate from the start, and leaky units
/// with the large one.
///
///     z = max(a, 0),   ā = z̄ where a > 0, else 0
///
/// A step so long that a < 0 for every example is the unit's last: it gets no gradient any more, and
/// below it stands nothing but the data, which do not move.
package struct DeadReLU {
  /// The seed of the weights and of the order of the images.
  package var seed: UInt64
  /// H, the units of the layer.
  package var width = 100
  /// The learning rate that kills, with momentum 0.9.
  package var largeRate = 1.0
  /// The learning rate that does not.
  package var smallRate = 0.05
  /// The steps at the first rate.
  package var firstSteps = 100
  /// The steps after that, at the small rate.
  package var furtherSteps = 1000
  /// The slope of the leaky units below 0.
  package var slope: Float = 0.01

  /// One of the networks, as it was before, between and after the two phases.
  struct Outcome {
    let name: String
    let hue: LineChart.Hue
    /// The units off for every example: at a step, their share.
    var silent: [(step: Int, share: Double)] = []
    /// The share of held-out images classified correctly at the same steps.
    var accuracies: [Double] = []
    /// The counts over the whole training set before the first step, when the rate falls, and at the
    /// end.
    var censuses: [DeadUnitReport] = []

    var accuracy: Double { accuracies.last ?? 0 }
  }

  /// The lesson as it is held, drawn from `seed`.
  package init(seed: UInt64) { self.seed = seed }

  /// Holds the lesson.
  package func run() throws -> LessonReport { report(try outcomes()) }

  /// Trains the three networks.
  func outcomes() throws -> (killed: Outcome, careful: Outcome, leaky: Outcome) {
    let digits = try Digits.load()
    let (large, small) = (figure(largeRate), figure(smallRate))
    return (
      killed: outcome(
        Outcome(name: "ReLU, rate \(large), then \(small)", hue: .alarm), rate: largeRate,
        unit: ReLU<Float>(), digits),
      careful: outcome(
        Outcome(name: "ReLU, rate \(small)", hue: .calm), rate: smallRate, unit: ReLU<Float>(),
        digits),
      leaky: outcome(
        Outcome(name: "leaky ReLU, rate \(large), then \(small)", hue: .accent), rate: largeRate,
        unit: LeakyReLU<Float>(slope: slope), digits)
    )
  }

  private func outcome(
    _ start: Outcome, rate: Double, unit: any Layer<Float>, _ digits: Digits
  ) -> Outcome {
    var random = RandomSource(seed: seed)
    let hidden = Dense<Float>(
      inputSize: 64, outputSize: width, weights: .heNormal(), using: &random)
    let readout = Dense<Float>(
      inputSize: width, outputSize: Digits.classCount, using: &random)
    var training = DigitTraining(
      Sequential([hidden, unit, readout]), on: digits, learningRate: rate, momentum: 0.9,
      seed: seed)
    var outcome = start
    outcome.censuses.append(census(of: training))
    training.train(steps: firstSteps, lookingEvery: max(1, firstSteps / 20)) { look($0, &outcome) }
    outcome.censuses.append(census(of: training))
    training.learningRate = smallRate
    training.train(steps: furtherSteps, lookingEvery: max(1, furtherSteps / 50)) {
      look($0, &outcome)
    }
    outcome.censuses.append(census(of: training))
    return outcome
  }

  private func look(_ training: DigitTraining, _ outcome: inout Outcome) {
    outcome.silent.append((training.step, census(of: training).deadShare))
    outcome.accuracies.append(training.heldOutAccuracy)
  }

  /// Counts over the whole training set for which examples each unit of layer 0 is on.
  private func census(of training: DigitTraining) -> DeadUnitReport {
    var census = DeadUnitCensus<Float>(layer: "0 Dense", below: .data)
    census.count(preactivations: training.network.layers[0](training.trainingRows))
    return census.report
  }
}
