import Backflow

/// Values that are not finite, and single steps that spoil a training.
extension PlantedFailure {
  static let spikes: [PlantedFailure] = [
    PlantedFailure("NaN in one gradient at step 37", in: .tanh, [.nonFinite], at: ["2.weight"]) {
      training, _ in
      training.hooks.gradients = { step, gradients in
        if step == 37 { gradients.change("2.weight") { $0[1, 2] = .nan } }
      }
    },
    PlantedFailure(
      "NaN in one gradient at step 37, convolution", in: .convolution, [.nonFinite],
      at: ["0.weight"]
    ) { training, _ in
      training.hooks.gradients = { step, gradients in
        if step == 37 { gradients.change("0.weight") { $0[1, 0, 2, 2] = .nan } }
      }
    },
    PlantedFailure("NaN in the data at step 37", in: .relu, [.nonFinite], at: ["0"]) {
      training, _ in
      training.hooks.batch = { step, batch in if step == 37 { batch.inputs[4, 20] = .nan } }
    },
    PlantedFailure(
      "infinity in the data at step 37, recurrence", in: .rows, [.nonFinite], at: ["0"]
    ) {
      training, _ in
      training.hooks.batch = { step, batch in if step == 37 { batch.inputs[3, 4, 2] = .infinity } }
    },
    PlantedFailure(
      "infinite gradient of an earlier step, in the optimizer", in: .tanh, [.nonFinite],
      at: ["2.weight"]
    ) { training, _ in
      training.unwatchedSteps = 40
      training.hooks.gradients = { step, gradients in
        if step == -3 { gradients.change("2.weight") { $0[1, 2] = .infinity } }
      }
      // The parameter is repaired by hand, the state of the optimizer is not.
      training.hooks.update = { _, before, after in
        after.combine(with: before) { $0.isFinite ? $0 : $1 }
      }
    },
    spike("spoiled batch at step 100, dense", .relu),
    spike("spoiled batch at step 100, regression", .friedman),
    spike("spoiled batch at step 100, convolution", .convolution),
  ]

  private static func spike(
    _ name: String, _ base: HealthyBase<Sequential<Float>>
  ) -> PlantedFailure {
    PlantedFailure(name, in: base, [.lossSpike]) { training, _ in
      training.hooks.batch = { step, batch in if step == 100 { batch.inputs *= 1e4 } }
    }
  }
}
