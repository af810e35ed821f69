internal import Backflow

/// A lesson about a hidden layer of rectified linear units for digit classification, trained with a
/// learning rate that is too large at first. It is compared with a small rate from the start, with
/// leaky units and the large rate, and with dead units that are drawn again.
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
  /// The learning rates of the sweep, in increasing order.
  package var sweepRates = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2]
  /// The number of steps of each training of the sweep.
  package var sweepSteps = 400
  /// The number of trainings with each rate, with consecutive seeds.
  package var sweepSeeds = 3

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

  /// The results of the four networks: with the large rate at first, with the small rate, with
  /// leaky units, and with the dead units drawn again when the large rate is reduced.
  struct Outcomes {
    let killed, careful, leaky, redrawn: Outcome
    var all: [Outcome] { [killed, careful, leaky, redrawn] }
  }

  /// Creates the lesson with its default settings.
  package init(seed: UInt64) { self.seed = seed }

  /// Runs the lesson.
  package func run() throws -> LessonReport {
    let digits = try Digits.load()
    return report(outcomes(digits), sweep(digits))
  }

  /// Trains the four networks.
  private func outcomes(_ digits: Digits) -> Outcomes {
    let (large, small) = (figure(largeRate), figure(smallRate))
    let start = "rate \(large), then \(small)"
    return Outcomes(
      killed: outcome(Outcome(name: "ReLU, \(start)", hue: .alarm), rate: largeRate, digits),
      careful: outcome(Outcome(name: "ReLU, rate \(small)", hue: .calm), rate: smallRate, digits),
      leaky: outcome(
        Outcome(name: "leaky, \(start)", hue: .accent), rate: largeRate,
        unit: LeakyReLU<Float>(slope: slope), digits),
      redrawn: outcome(
        Outcome(name: "dead ReLUs drawn again", hue: .neutral), rate: largeRate,
        redraws: true, digits))
  }

  private func outcome(
    _ start: Outcome, rate: Double, unit: any Layer<Float> = ReLU<Float>(), redraws: Bool = false,
    _ digits: Digits
  ) -> Outcome {
    var training = training(seed: seed, rate: rate, unit: unit, digits)
    var outcome = start
    outcome.censuses.append(census(of: training))
    training.train(steps: firstSteps, lookingEvery: max(1, firstSteps / 20)) { look($0, &outcome) }
    outcome.censuses.append(census(of: training))
    if redraws { redraw(outcome.censuses[1].dead, of: &training) }
    training.learningRate = smallRate
    training.train(steps: furtherSteps, lookingEvery: max(1, furtherSteps / 50)) {
      look($0, &outcome)
    }
    outcome.censuses.append(census(of: training))
    return outcome
  }

  /// Returns the training of a network with one hidden layer of the given units.
  func training(
    seed: UInt64, rate: Double, unit: any Layer<Float>, _ digits: Digits
  ) -> DigitTraining {
    var random = RandomSource(seed: seed)
    let hidden = hiddenLayer(using: &random)
    let readout = Dense<Float>(inputSize: width, outputSize: Digits.classCount, using: &random)
    return DigitTraining(
      Sequential([hidden, unit, readout]), on: digits, learningRate: rate, momentum: 0.9,
      seed: seed)
  }

  private func hiddenLayer(using random: inout RandomSource) -> Dense<Float> {
    Dense(inputSize: 64, outputSize: width, weights: .heNormal(), using: &random)
  }

  /// Initializes units of the hidden layer again: their weights and biases, and their column of the
  /// readout with zeros, so that the outputs stay the same.
  private func redraw(_ units: [Int], of training: inout DigitTraining) {
    var random = RandomSource(seed: seed &+ 1)
    let fresh = hiddenLayer(using: &random)
    training.editNetwork { network in
      network.visitParameters { name, value in
        for unit in units {
          switch name {
          case "0.weight": value[unit..<unit + 1] = fresh.weight[unit..<unit + 1]
          case "0.bias": value[unit..<unit + 1] = .zeros([1])
          case "2.weight":
            value.replaceSlice(unit..<unit + 1, axis: 1, with: .zeros([Digits.classCount, 1]))
          default: break
          }
        }
      }
    }
  }

  private func look(_ training: DigitTraining, _ outcome: inout Outcome) {
    outcome.silent.append((training.step, census(of: training).deadShare))
    outcome.accuracies.append(training.heldOutAccuracy)
  }

  /// Counts, over the complete training set, the examples for which each unit of layer 0 is active.
  func census(of training: DigitTraining) -> DeadUnitReport {
    var census = DeadUnitCensus<Float>(layer: "0", below: .data)
    census.count(preactivations: training.network.layers[0](training.trainingRows))
    return census.report
  }
}
