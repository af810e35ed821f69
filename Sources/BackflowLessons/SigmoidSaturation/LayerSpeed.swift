internal import Backflow

/// The speed of each layer of a network under plain SGD, W ← W − η W̄: with the same η for all, a
/// layer that receives a smaller gradient moves less.
struct LayerSpeed {
  /// The steps of the measurements.
  private(set) var steps: [Int] = []
  /// ‖W − W₀‖ / ‖W₀‖ of each weight at these steps, from the lowest layer to the highest.
  private(set) var distances: [[Double]] = []

  /// The distance at the last measurement.
  var last: [Double] { distances.last ?? [] }

  /// Trains a copy of `network` without momentum.
  init(
    of network: Sequential<Float>, on digits: Digits, learningRate: Double, steps count: Int,
    seed: UInt64
  ) {
    let start = network.weights
    var training = DigitTraining(network, on: digits, learningRate: learningRate, seed: seed)
    var (steps, distances): ([Int], [[Double]]) = ([], [])
    training.train(steps: count, lookingEvery: max(1, count / 30)) { training in
      guard training.step > 0 else { return }
      steps.append(training.step)
      distances.append(
        zip(training.network.weights, start).map { Double(($0 - $1).norm() / $1.norm()) })
    }
    (self.steps, self.distances) = (steps, distances)
  }
}

extension Sequential<Float> {
  /// The weights of the layers, from the lowest to the highest.
  fileprivate var weights: [Tensor<Float>] {
    namedParameters.filter { $0.value.rank == 2 }.map(\.value)
  }
}
