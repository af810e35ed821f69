internal import Backflow

/// The fraction of units that are dead, over the complete training set, after a training with each
/// of several learning rates.
struct RateSweep {
  /// The trainings with one learning rate, one for each seed.
  struct Point {
    let rate: Double
    /// The fraction of the units that are inactive for every training image at the end.
    let deadShares: [Double]
    /// The fraction of held-out images classified correctly.
    let accuracies: [Double]

    var deadShare: Double { deadShares.reduce(0, +) / Double(deadShares.count) }
    var accuracy: Double { accuracies.reduce(0, +) / Double(accuracies.count) }
  }

  /// The points, with increasing rates.
  let points: [Point]

  /// The smallest rate with which at least `share` of the units are dead on average.
  func smallestRate(withDeadShare share: Double) -> Double? {
    points.first { $0.deadShare >= share }?.rate
  }
}

extension DeadReLU {
  /// Trains networks of rectified units with each rate of the sweep and `sweepSeeds` seeds.
  func sweep(_ digits: Digits) -> RateSweep {
    RateSweep(
      points: sweepRates.map { rate in
        let results = (0..<UInt64(sweepSeeds)).map { index in
          var training = training(
            seed: seed &+ index, rate: rate, unit: ReLU<Float>(), digits)
          training.train(steps: sweepSteps, lookingEvery: sweepSteps)
          return (census(of: training).deadShare, training.heldOutAccuracy)
        }
        return RateSweep.Point(
          rate: rate, deadShares: results.map(\.0), accuracies: results.map(\.1))
      })
  }
}
