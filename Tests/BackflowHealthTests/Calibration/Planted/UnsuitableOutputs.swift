import Backflow

/// Outputs that do not fit the loss, a loss without a gradient, and layers in the wrong mode.
extension PlantedFailure {
  static let outputs: [PlantedFailure] = [
    PlantedFailure(
      "ReLU on the logits", in: .tanh, [.unsuitableOutput, .deadUnits], at: ["7"]
    ) { training, random in
      training.model.layers.append(ReLU<Float>())
      training.model.change("6.bias") { $0 = $0 - 2 }
    },
    PlantedFailure("softmax before the loss", in: .tanh, squashed) { training, _ in
      training.model.layers.append(Softmax<Float>())
    },
    PlantedFailure("two softmaxes before the loss", in: .relu, squashed) { training, _ in
      training.model.layers += [Softmax<Float>(), Softmax<Float>()]
    },
    PlantedFailure("softmax before the loss, convolution", in: .convolution, squashed) {
      training, _ in
      training.model.layers.append(Softmax<Float>())
    },
    PlantedFailure(
      "sigmoid before wide targets", in: .friedman, [.saturation, .unsuitableOutput],
      at: ["5"], causes: [.saturation, .unsuitableOutput]
    ) { training, _ in
      training.task = .friedman(unit: 0.1)
      training.model.layers.append(Sigmoid<Float>())
    },
    PlantedFailure("clip inside the square", in: .friedman, [.blockedGradient]) { training, _ in
      let squares:
        (Tensor<Float>, TrainingBatch) -> (values: Tensor<Float>, gradient: Tensor<Float>) =
          { output, batch in
            let (values, gradient) = clippedSquare(Tensor<Double>(output - batch.targets))
            return (Tensor(values), Tensor(gradient))
          }
      training.task = .friedman(unit: 1)
      training.task.entries = squares
      training.task.loss = {
        let (values, gradient) = squares($0, $1)
        return (values.mean(), gradient / Float(gradient.count))
      }
    },
    PlantedFailure(
      "batch norm in evaluation mode", in: .batchNorm, [.wrongMode], at: ["1", "4"]
    ) { training, _ in
      training.hooks.mode = { _ in .evaluation }
    },
    PlantedFailure(
      "dropout 0.95", in: .dropout, [.wrongMode, .stuckLoss, .oscillatingLoss, .other],
      causes: [.wrongMode, .stuckLoss, .oscillatingLoss, .other]
    ) { training, random in
      training = HealthyBase.dropout(0.95).make(&random)
    },
  ]

  private static let squashed: [Finding.Kind] = [
    .unsuitableOutput
  ]
}
