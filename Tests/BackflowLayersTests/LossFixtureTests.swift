import Backflow
import TestSupport
import Testing

/// A loss with the settings of the case with the same name in pytorch_losses_optimizers.py.
struct LossCase: CustomStringConvertible, Sendable {
  typealias Value = (loss: Double, gradient: Tensor<Double>)

  let name: String
  let reduced: @Sendable (Tensor<Double>, Tensor<Double>, Reduction) -> Value
  let perSample: @Sendable (Tensor<Double>, Tensor<Double>) -> SampleLosses<Double>

  var description: String { name }

  static let all: [LossCase] = elementwise + ofRows + weighted

  private static let elementwise = [
    LossCase(
      name: "squared_error",
      reduced: { meanSquaredError($0, $1, reduction: $2) },
      perSample: { meanSquaredError($0, $1, reduction: .perSample) }),
    huber("huber_1", delta: 1), huber("huber_half", delta: 0.5),
    smoothL1("smooth_l1_1", beta: 1), smoothL1("smooth_l1_half", beta: 0.5),
    smoothL1("smooth_l1_0", beta: 0),
    sigmoid("sigmoid_cross_entropy"), sigmoid("sigmoid_cross_entropy_hard"),
  ]

  private static let ofRows = [
    labels("cross_entropy"), labels("cross_entropy_ignored"),
    labels("cross_entropy_smoothed", smoothing: 0.1),
    labels("cross_entropy_ignored_smoothed", smoothing: 0.3),
    soft("cross_entropy_soft"), soft("cross_entropy_soft_smoothed", smoothing: 0.1),
    soft("cross_entropy_weights", smoothing: 0.2),
    hinge("multiclass_hinge", margin: 1, squared: false),
    hinge("multiclass_hinge_squared", margin: 0.5, squared: true),
  ]

  private static func huber(_ name: String, delta: Double) -> LossCase {
    LossCase(
      name: name, reduced: { Backflow.huber($0, $1, delta: delta, reduction: $2) },
      perSample: { Backflow.huber($0, $1, delta: delta, reduction: .perSample) })
  }

  private static func smoothL1(_ name: String, beta: Double) -> LossCase {
    LossCase(
      name: name, reduced: { Backflow.smoothL1($0, $1, beta: beta, reduction: $2) },
      perSample: { Backflow.smoothL1($0, $1, beta: beta, reduction: .perSample) })
  }

  private static func sigmoid(_ name: String) -> LossCase {
    LossCase(
      name: name, reduced: { sigmoidCrossEntropy($0, $1, reduction: $2) },
      perSample: { sigmoidCrossEntropy($0, $1, reduction: .perSample) })
  }

  private static func labels(_ name: String, smoothing: Double = 0) -> LossCase {
    LossCase(
      name: name,
      reduced: {
        softmaxCrossEntropy(
          $0, $1.labels, ignoring: -100, labelSmoothing: smoothing, reduction: $2)
      },
      perSample: {
        softmaxCrossEntropy(
          $0, $1.labels, ignoring: -100, labelSmoothing: smoothing, reduction: .perSample)
      })
  }

  private static func soft(_ name: String, smoothing: Double = 0) -> LossCase {
    LossCase(
      name: name,
      reduced: { softmaxCrossEntropy($0, $1, labelSmoothing: smoothing, reduction: $2) },
      perSample: { softmaxCrossEntropy($0, $1, labelSmoothing: smoothing, reduction: .perSample) })
  }

  private static func hinge(_ name: String, margin: Double, squared: Bool) -> LossCase {
    LossCase(
      name: name,
      reduced: {
        multiclassHinge($0, $1.labels, margin: margin, squared: squared, reduction: $2)
      },
      perSample: {
        multiclassHinge($0, $1.labels, margin: margin, squared: squared, reduction: .perSample)
      })
  }
}

extension Tensor<Double> {
  var labels: [Int] { elements.map { Int($0) } }
}

@Suite struct `Losses and PyTorch` {
  @Test func `have the same cases`() throws {
    #expect(try FixtureFolder.cases(of: "losses") == Set(LossCase.all.map(\.name)))
  }

  @Test(arguments: LossCase.all)
  func `agree to 1e-10, at kinks too`(loss: LossCase) throws {
    let fixture = FixtureFolder("losses/\(loss.name)")
    let (prediction, target) = try (fixture.tensor("prediction"), fixture.tensor("target"))

    let mean = loss.reduced(prediction, target, .mean)
    try fixture.expect(Tensor(scalar: mean.loss), is: "loss_mean")
    try fixture.expect(mean.gradient, is: "gradient_mean")

    let sum = loss.reduced(prediction, target, .sum)
    try fixture.expect(Tensor(scalar: sum.loss), is: "loss_sum")
    try fixture.expect(sum.gradient, is: "gradient_sum")

    let each = loss.perSample(prediction, target)
    try fixture.expect(each.losses, is: "loss_none")
    try fixture.expect(each.gradientOfSum, is: "gradient_sum", "per sample")
    try fixture.expect(
      each.gradient(weightedBy: fixture.tensor("weights")), is: "gradient_none")
  }
}
