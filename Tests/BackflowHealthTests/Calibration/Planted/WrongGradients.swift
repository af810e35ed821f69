import Backflow

/// Gradients of parameters that are not those of the loss, and updates in the wrong direction.
extension PlantedFailure {
  static let wrongGradients: [PlantedFailure] = [
    uphill("loss gradient of the wrong sign, dense", .tanh),
    uphill("loss gradient of the wrong sign, convolution", .convolution),
    uphill("loss gradient of the wrong sign, recurrence", .rows),
    PlantedFailure("optimizer adds the gradient, dense", in: .relu, [.ascent]) { training, _ in
      training.hooks.update = { _, before, after in after.combine(with: before) { 2 * $1 - $0 } }
    },
    PlantedFailure("optimizer adds the gradient, forecast", in: .sines, [.ascent]) { training, _ in
      training.hooks.update = { _, before, after in after.combine(with: before) { 2 * $1 - $0 } }
    },
    scaled("one layer's gradient of the wrong sign, dense", by: -1, at: "2", .tanh),
    scaled("one layer's gradient of the wrong sign, convolution", by: -1, at: "0", .convolution),
    scaled("recurrent weight's gradient of the wrong sign", by: -1, at: "0.weight_hh_l0", .rows),
    scaled("attention's gradient of the wrong sign", by: -1, at: "1.body", .attention),
    scaled("factor 2 in one layer, dense", by: 2, at: "4", .tanh),
    scaled("factor 2 in one layer, regression", by: 2, at: "2", .friedman),
    scaled("factor ½ in one layer, convolution", by: 0.5, at: "0", .convolution),
    scaled("factor ½ in the input weight, recurrence", by: 0.5, at: "0.weight_ih_l0", .rows),
    scaled("sum instead of mean in one layer, dense", by: 32, at: "2", .relu),
    scaled("sum instead of mean in one layer, convolution", by: 32, at: "0", .convolution),
    scaled("mean of the mean in one layer, dense", by: 1 / 32, at: "2", .relu),
    transposed("transposed square weight gradient, dense", at: "2.weight", .tanh),
    transposed("transposed recurrent weight gradient", at: "0.weight_hh_l0", .rows),
  ]

  private static func uphill(
    _ name: String, _ base: HealthyBase<Sequential<Float>>
  ) -> PlantedFailure {
    PlantedFailure(name, in: base, [.ascent]) { training, _ in
      training.hooks.lossGradient = { _, gradient in gradient = -gradient }
    }
  }

  private static func scaled(
    _ name: String, by factor: Float, at place: Place, _ base: HealthyBase<Sequential<Float>>
  ) -> PlantedFailure {
    PlantedFailure(name, in: base, [.wrongGradient], at: [place]) { training, _ in
      training.hooks.gradients = { _, gradients in gradients.change(place) { $0 *= factor } }
    }
  }

  private static func transposed(
    _ name: String, at place: Place, _ base: HealthyBase<Sequential<Float>>
  ) -> PlantedFailure {
    PlantedFailure(name, in: base, [.wrongGradient], at: [place]) { training, _ in
      training.hooks.gradients = { _, gradients in
        gradients.change(place) { $0 = $0.permuted([1, 0]) }
      }
    }
  }
}
