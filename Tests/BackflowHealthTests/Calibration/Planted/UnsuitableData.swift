import Backflow

/// Inputs and labels from which little can be learned.
extension PlantedFailure {
  static let data: [PlantedFailure] = [
    scaledInputs("inputs from 0 to 255, dense", by: 255, .relu),
    scaledInputs("inputs from 0 to 255, convolution", by: 255, .convolution),
    scaledInputs("inputs from 0 to 255, recurrence", by: 255, .rows),
    scaledInputs("inputs of 10⁶, dense", by: 1e6, .tanh),
    scaledInputs("inputs of 10⁶, regression", by: 1e6, .friedman),
    features("one feature of 1000, regression") { columns in
      columns[4] = columns[4] * 1000
    },
    features("one feature constant, regression", .note) { columns in
      columns[3] = 0 * columns[3] + 5
    },
    features("one feature repeated, regression", .note) { columns in
      columns[3] = columns[4]
    },
    PlantedFailure(
      "one feature NaN, regression", in: .friedman, [.nonFinite], at: ["0"]
    ) { training, _ in
      training.hooks.batch = { _, batch in batch.inputs[3, 2] = .nan }
    },
    shuffled("shuffled labels, dense", .tanh),
    shuffled("shuffled labels, convolution", .convolution),
    shuffled("shuffled labels, recurrence", .rows),
    PlantedFailure("labels of the next sample", in: .relu, [.stuckLoss]) { training, _ in
      training.steps = 1500
      training.hooks.batch = { _, batch in
        batch.labels = Array(batch.labels.dropFirst() + batch.labels.prefix(1))
      }
    },
    PlantedFailure("targets of the next sample, regression", in: .friedman, [.stuckLoss]) {
      training, _ in
      training.steps = 1500
      training.hooks.batch = { _, batch in
        let count = batch.targets.shape[0]
        batch.targets = batch.targets.selectRows((0..<count).map { ($0 + 1) % count })
      }
    },
  ]

  private static func scaledInputs(
    _ name: String, by factor: Float, _ base: HealthyBase<Sequential<Float>>
  ) -> PlantedFailure {
    PlantedFailure(name, in: base, [.unsuitableInput]) { training, _ in
      training.hooks.batch = { _, batch in batch.inputs *= factor }
    }
  }

  /// Changes the columns of the inputs of the regression.
  private static func features(
    _ name: String, _ severity: Finding.Severity = .warning,
    _ change: @escaping @Sendable (inout [Tensor<Float>]) -> Void
  ) -> PlantedFailure {
    PlantedFailure(name, in: .friedman, [.unsuitableInput], severity: severity) { training, _ in
      training.hooks.batch = { _, batch in
        var columns = (0..<10).map { batch.inputs.slice($0..<$0 + 1, axis: 1) }
        change(&columns)
        batch.inputs = .concatenate(columns, axis: 1)
      }
    }
  }

  private static func shuffled(
    _ name: String, _ base: HealthyBase<Sequential<Float>>
  ) -> PlantedFailure {
    PlantedFailure(name, in: base, [.stuckLoss]) { training, random in
      training.steps = 1500
      var own = random.split()
      training.hooks.batch = { _, batch in
        batch.labels = own.permutation(batch.labels.count).map { batch.labels[$0] }
      }
    }
  }
}
