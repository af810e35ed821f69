import Backflow

/// Layers whose gradient with respect to their input is wrong, so that all parameters below get a
/// wrong gradient. The layer itself or the one below it must be named.
extension PlantedFailure {
  static let wrongLayers: [PlantedFailure] = [
    PlantedFailure(
      "forgotten derivative of tanh", in: .tanh, [.wrongGradient], at: ["2", "3"]
    ) { training, _ in
      training.model.layers[3] = Miswired(Tanh<Float>()) { outputGradient, _, _ in outputGradient }
    },
    PlantedFailure(
      "forgotten derivative of the sigmoid", in: .sigmoid, [.wrongGradient], at: ["2", "3"]
    ) { training, _ in
      training.model.layers[3] = Miswired(Sigmoid<Float>()) { outputGradient, _, _ in
        outputGradient
      }
    },
    PlantedFailure(
      "forgotten derivative of ReLU, dense", in: .relu, [.wrongGradient], at: ["2", "3"]
    ) { training, _ in
      training.model.layers[3] = Miswired(ReLU<Float>()) { outputGradient, _, _ in outputGradient }
    },
    PlantedFailure(
      "forgotten derivative of ReLU, convolution", in: .convolution, [.wrongGradient],
      at: ["0", "1"]
    ) { training, _ in
      training.model.layers[1] = Miswired(ReLU<Float>()) { outputGradient, _, _ in outputGradient }
    },
    PlantedFailure(
      "derivative of tanh as 1 − y", in: .tanh, [.wrongGradient], at: ["0", "1"]
    ) { training, _ in
      training.model.layers[1] = Miswired(Tanh<Float>()) { outputGradient, _, cache in
        outputGradient * (1 - cache.output)
      }
    },
    PlantedFailure(
      "batch norm with constant statistics in its gradient", in: .batchNorm, [.wrongGradient],
      at: ["3", "4"]
    ) { training, _ in
      training.model.layers[4] = Miswired(BatchNorm<Float>(channels: 48)) {
        outputGradient, _, cache in
        outputGradient * cache.inverseDeviation.broadcast(to: outputGradient.shape)
      }
    },
    PlantedFailure(
      "shortcut forgotten in the gradient", in: .residual, [.wrongGradient], at: ["1", "2"]
    ) { training, _ in
      guard let block = training.model.layers[2] as? Residual<Sequential<Float>> else { return }
      training.model.layers[2] = Miswired(block) { outputGradient, inputGradient, _ in
        inputGradient - outputGradient
      }
    },
  ]
}
