package import Backflow

/// The speed of each layer of a network under plain SGD, W ← W − η W̄. η is the same for every
/// layer, so that a layer that receives a smaller gradient moves less.
package struct LayerSpeed: Sendable {
  /// The number of steps over which the lengths are averaged.
  package static let window = 10

  /// The first step of each window.
  package private(set) var steps: [Int] = []
  /// The mean length of a step relative to the weight, η ‖W̄‖ / ‖W‖, in each window, for each
  /// weight below the readout from the lowest layer to the highest.
  package private(set) var lengths: [[Double]] = []

  /// Trains a copy of `network` without momentum. Its last layer is the readout.
  package init(
    of network: Sequential<Float>, on digits: Digits, learningRate: Double, steps count: Int,
    seed: UInt64
  ) {
    var (network, random) = (network, RandomSource(seed: seed))
    var optimizer = SGD(for: network, learningRate: learningRate)
    for step in 0..<count {
      let images = digits.samples(
        at: (0..<32).map { _ in random.integer(below: digits.labels.count) })
      let (logits, cache) = network.forward(images.rows, .training(seed: 0))
      let (_, logitsGradient) = softmaxCrossEntropy(logits, images.labels)
      let (_, gradients) = network.backward(logitsGradient, cache)
      let here = zip(gradients.weights, network.weights).dropLast().map { gradient, weight in
        learningRate * Double(gradient.norm() / weight.norm()) / Double(Self.window)
      }
      if step.isMultiple(of: Self.window) {
        steps.append(step)
        lengths.append(here)
      } else {
        lengths[lengths.count - 1] = zip(lengths[lengths.count - 1], here).map { $0 + $1 }
      }
      optimizer.update(&network, along: gradients)
    }
  }

  /// The mean speed of each layer relative to that of the highest.
  package var relativeToHighest: [Double] {
    let layers = lengths.first?.indices ?? 0..<0
    let sums = layers.map { layer in lengths.reduce(0) { $0 + $1[layer] } }
    return sums.map { $0 / (sums.last ?? .nan) }
  }
}

extension Sequential<Float> {
  /// The weights of the layers, from the lowest to the highest.
  fileprivate var weights: [Tensor<Float>] {
    namedParameters.filter { $0.value.rank == 2 }.map(\.value)
  }
}
