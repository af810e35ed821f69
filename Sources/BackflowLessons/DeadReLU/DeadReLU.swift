internal import Backflow

/// A lesson about a hidden layer of rectified linear units for digit classification, trained with a
/// learning rate that is too large at first. It is compared with a small rate from the start, and
/// with leaky units and the large rate.
///
///     z = max(a, 0),   ā = z̄ where a > 0, else 0
///
/// After a step that makes a < 0 for every example, the gradient of the unit is zero. Nothing below
/// it can change that, because its inputs are the fixed data.
package struct DeadReLU {
  /// The seed of the weights and of the order of the images.
  package var seed: UInt64
  /// The number H of units in the layer.
  package var width = 100
  /// The learning rate that kills units, with momentum 0.9.
  package var largeRate = 1.0
  /// The learning rate that does not kill units.
  package var smallRate = 0.05
  /// The number of steps with the first rate.
  package var firstSteps = 100
  /// The number of subsequent steps, with the small rate.
  package var furtherSteps = 1000
  /// The slope of the leaky units below 0.
  package var slope: Float = 0.01

  /// The results of a network before, between, and after the two phases.
  struct Outcome {
    let name: String
    let hue: LineChart.Hue
    /// The fraction of the units that are inactive for every example, at each measured step.
    var silent: [(step: Int, share: Double)] = []
    /// The fraction of held-out images classified correctly at the same steps.
    var accuracies: [Double] = []
    /// The counts over the complete training set before the first step, at the reduction of the
    /// rate, and at the end.
    var censuses: [DeadUnitReport] = []

    var accuracy: Double { accuracies.last ?? 0 }
  }

  /// Creates the lesson with its default settings.
  package init(seed: UInt64) { self.seed = seed }

  /// Runs the lesson.
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

  /// Counts, over the complete training set, the examples for which each unit of layer 0 is active.
  private func census(of training: DigitTraining) -> DeadUnitReport {
    var census = DeadUnitCensus<Float>(layer: "0 Dense", below: .data)
    census.count(preactivations: training.network.layers[0](training.trainingRows))
    return census.report
  }
}
