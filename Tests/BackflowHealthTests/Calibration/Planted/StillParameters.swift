import Backflow

/// Parameters that do not learn.
extension PlantedFailure {
  static let stillParameters: [PlantedFailure] = [
    frozen("frozen layer, dense", "2", .tanh),
    frozen("frozen layer, convolution", "0", .convolution),
    frozen("frozen recurrent weight", "0.weight_hh_l0", .rows),
    frozen("frozen attention", "1.body.in_proj_weight", .attention),
    PlantedFailure(
      "frozen embedding", in: HealthyBase.bag, [.unchangedParameter], at: ["embedding"]
    ) { training, _ in
      training.hooks.update = { _, before, after in after.restore("embedding", from: before) }
    },
    PlantedFailure(
      "one of two networks frozen", in: HealthyBase.twoNetworks, [.unchangedParameter],
      at: ["value"]
    ) { training, _ in
      training.hooks.update = { _, before, after in after.restore("value", from: before) }
    },
    PlantedFailure(
      "forgotten gradient of a bias", in: .tanh, [.unchangedParameter, .wrongGradient],
      at: ["2.bias"], causes: [.unchangedParameter, .wrongGradient]
    ) { training, _ in
      training.hooks.gradients = { _, gradients in gradients.change("2.bias") { $0 *= 0 } }
    },
    PlantedFailure(
      "gradient that stops at a layer", in: .tanh,
      [.wrongGradient, .vanishingGradient, .unchangedParameter], at: ["2", "3", "0"],
      causes: [.wrongGradient, .vanishingGradient, .unchangedParameter]
    ) { training, _ in
      training.model.layers[3] = Miswired(Tanh<Float>()) { outputGradient, _, _ in
        0 * outputGradient
      }
    },
    PlantedFailure(
      "optimizer that updates a copy", in: .relu, [.unchangedParameter]
    ) { training, _ in
      training.hooks.update = { _, before, after in after = before }
    },
    PlantedFailure(
      "schedule that stays at zero", in: .relu, [.unchangedParameter, .shortUpdate]
    ) { training, _ in
      training.schedule = WarmupSchedule(steps: 1_000_000, then: ConstantSchedule(1e-12))
    },
    PlantedFailure(
      "updates below the precision of the weights", in: .relu, [.unchangedParameter, .shortUpdate],
      causes: [.unchangedParameter, .shortUpdate]
    ) { training, _ in
      training.optimizer = SGD(for: training.model, learningRate: 1e-8)
    },
  ]

  private static func frozen(
    _ name: String, _ place: Place, _ base: HealthyBase<Sequential<Float>>
  ) -> PlantedFailure {
    PlantedFailure(name, in: base, [.unchangedParameter], at: [place]) { training, _ in
      training.hooks.update = { _, before, after in after.restore(place, from: before) }
    }
  }
}
