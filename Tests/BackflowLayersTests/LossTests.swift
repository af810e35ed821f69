import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Huber's loss, as opposed to the square of a clipped residual` {
  /// d = −2, −1.75, …, 1.75.
  private let residuals = Tensor<Double>((0..<16).map { Double($0) / 4 - 2 })
  private let zeros = Tensor<Double>.zeros([16])

  // The vectors of github.com/spragunr/deep_q_rl issue 46.
  @Test func `limits the gradient to ±δ`() {
    let (_, gradient) = huber(residuals, zeros, reduction: .sum)
    #expect(
      gradient.elements
        == [-1, -1, -1, -1, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1])
  }

  @Test func `is not the square of the clipped residual, whose gradient beyond δ is 0`() {
    let clippedSquare = { (d: Tensor<Double>) in d.clamped(to: -1...1).squared() }
    let h = 1e-4
    let slopes = (clippedSquare(residuals + h) - clippedSquare(residuals - h)) / (2 * h)
    let wrong: [Double] = [0, 0, 0, 0, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 0, 0, 0]
    // At the kinks ±1, the vector has the inner slope, and a central difference half of it.
    let smooth = residuals.elements.indices.filter { abs(residuals[$0]) != 1 }
    #expect(smooth.count == 14)
    expectClose(
      smooth.map { slopes[$0] }, smooth.map { wrong[$0] }, Tolerance(1e-10, scale: 1))
  }

  // 1 − P(|d| ≤ 1) for d ~ N(0, s²) is the fraction of samples for which the square of the clipped
  // residual has no gradient. Huber's loss has a gradient for all samples.
  @Test(arguments: [(0.5, 0.0455), (1, 0.3173), (2, 0.6171), (5, 0.8415), (10, 0.9203)])
  func `keeps the gradient of the samples that the other one kills`(spread: Double, killed: Double)
  {
    let count = 100_000
    var random = RandomSource(seed: 5)
    let d: Tensor<Double> = random.normal([count], standardDeviation: spread)
    let gradient = huber(d, .zeros([count]), reduction: .sum).gradient.elements
    let limited = Double(gradient.count { abs($0) == 1 }) / Double(count)
    // Five standard errors.
    #expect(abs(limited - killed) < 5 * (killed * (1 - killed) / Double(count)).squareRoot() + 1e-4)
    #expect(!gradient.contains(0))
  }

  @Test func `is continuous at ±δ, and linear beyond`() {
    let (prediction, target) = (Tensor<Double>([2, -2, 3, -3]), Tensor<Double>.zeros([4]))
    let each = huber(prediction, target, delta: 2, reduction: .perSample)
    #expect(each.losses == Tensor([2, 2, 4, 4]))
    #expect(each.gradientOfSum == Tensor([2, -2, 2, -2]))
  }

  @Test(arguments: [0.5, 1, 3])
  func `is β times the smooth L1 loss`(beta: Double) {
    var random = RandomSource(seed: 1)
    let x: Tensor<Double> = random.normal([50], standardDeviation: 2)
    let t: Tensor<Double> = random.normal([50])
    let (one, other) = (huber(x, t, delta: beta), smoothL1(x, t, beta: beta))
    let tolerance = Tolerance(Double.self, length: 4, scale: 3)
    expectClose([one.loss], [beta * other.loss], tolerance)
    expectClose(one.gradient.elements, (other.gradient * beta).elements, tolerance)
  }

  @Test func `with β = 0 is the absolute error, with gradient 0 at 0`() {
    for each in [
      smoothL1(Tensor<Float>([-2, 0, 3]), .zeros([3]), beta: 0, reduction: .perSample),
      meanAbsoluteError(Tensor<Float>([-2, 0, 3]), .zeros([3]), reduction: .perSample),
    ] {
      #expect(each.losses == Tensor([2, 0, 3]))
      #expect(each.gradientOfSum == Tensor([-1, 0, 1]))
    }
  }
}

@Suite struct `A loss of elements` {
  typealias Loss =
    @Sendable (Tensor<Double>, Tensor<Double>) -> (
      loss: Double, gradient: Tensor<Double>
    )
  static let all: [(String, Loss)] = [
    ("meanSquaredError", { meanSquaredError($0, $1) }),
    ("meanAbsoluteError", { meanAbsoluteError($0, $1) }), ("huber", { huber($0, $1) }),
    ("smoothL1", { smoothL1($0, $1) }), ("sigmoidCrossEntropy", { sigmoidCrossEntropy($0, $1) }),
    (
      "weighted sigmoidCrossEntropy",
      { sigmoidCrossEntropy($0, $1, positiveWeights: Tensor(scalar: 2)) }
    ),
  ]

  // These points detect a one-sided mask and a missing constant.
  @Test func `has gradient 0 exactly at its minimum`() {
    for (name, loss) in Self.all.dropLast(2) {
      for size in [0.5, 2, 10, 100] {
        for d in [size, -size] {
          let (value, gradient) = loss(Tensor([d]), Tensor([0]))
          #expect(value > 0, "\(name) at \(d)")
          #expect(gradient[0] * d > 0, "\(name) at \(d)")
          let h = 1e-4 * size
          let slope =
            (loss(Tensor([d + h]), Tensor([0])).loss
              - loss(Tensor([d - h]), Tensor([0])).loss) / (2 * h)
          #expect(abs(slope - gradient[0]) < 1e-7 * abs(slope), "\(name) at \(d)")
        }
      }
    }
  }

  @Test func `propagates NaN to the loss and to the gradient of that element only`() {
    for (name, loss) in Self.all {
      let (value, gradient) = loss(Tensor([1, .nan, 0.5]), Tensor([0, 0, 1]))
      #expect(value.isNaN, "\(name)")
      #expect(gradient.elements.map(\.isNaN) == [false, true, false], "\(name)")
    }
  }

  @Test func `without elements has the mean NaN`() {
    for (name, loss) in Self.all {
      let (value, gradient) = loss(.zeros([0, 3]), .zeros([0, 3]))
      #expect(value.isNaN && gradient.shape == [0, 3], "\(name)")
    }
  }

  // PyTorch broadcasts [3] and [3, 1] to nine elements.
  @Test func `stops if the shapes of prediction and target differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = huber(Tensor<Float>.zeros([3]), .zeros([3, 1]))
    }
    #expect(stopMessage(result).contains("[3] against a target of shape [3, 1]"))
  }

  @Test func `stops if the shapes of weights and losses differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let each = meanSquaredError(Tensor<Float>.zeros([3]), .zeros([3]), reduction: .perSample)
      _ = each.gradient(weightedBy: .zeros([4]))
    }
    #expect(stopMessage(result).contains("[4] against losses of shape [3]"))
  }
}

@Suite struct `Binary cross-entropy from logits` {
  @Test func `is accurate for certain and correct predictions`() {
    for size in [20.0, 40, 700] {
      let each = sigmoidCrossEntropy(
        Tensor<Double>([size, -size]), Tensor([1, 0]), reduction: .perSample)
      let small = Foundation.exp(-size)
      let tolerance = Tolerance(Double.self, length: 2, scale: small)
      expectClose(each.losses.elements, [log1p(small), log1p(small)], tolerance)
      let share = small / (1 + small)
      expectClose(each.gradientOfSum.elements, [-share, share], tolerance)
    }
  }

  @Test func `is ln 2 at the logit 0, and linear for large logits`() {
    let each = sigmoidCrossEntropy(
      Tensor<Double>([0, 1000, -1000]), Tensor([0.25, 0, 1]), reduction: .perSample)
    expectClose(
      each.losses.elements, [Foundation.log(2), 1000, 1000],
      Tolerance(Double.self, length: 1, scale: 1000))
    #expect(each.gradientOfSum == Tensor([0.25, 1, -1]))
  }

  @Test func `is softmax cross-entropy with two classes`() {
    var random = RandomSource(seed: 3)
    let x: Tensor<Double> = random.normal([20], standardDeviation: 3)
    let labels = (0..<20).map { _ in random.integer(below: 2) }
    let logits = Tensor(rows: x.elements.map { [0, $0] })
    let (loss, gradient) = sigmoidCrossEntropy(x, Tensor(labels.map { Double($0) }))
    let (expected, expectedGradient) = softmaxCrossEntropy(logits, labels)
    let tolerance = Tolerance(Double.self, length: 20, scale: 1)
    expectClose([loss], [expected], tolerance)
    expectClose(
      gradient.elements, expectedGradient.slice(1..<2, axis: 1).elements, tolerance)
  }
}

@Suite struct `Multi-class hinge` {
  // The example in the lecture notes of cs231n on linear classification has the scores 13, −7 and
  // 11, and Δ = 10. The first class is correct. The loss is 0 + max(0, 11 − 13 + 10) = 8, divided
  // by three classes.
  @Test func `penalizes scores within the margin`() {
    let scores = Tensor<Double>(rows: [[13, -7, 11]])
    let (loss, gradient) = multiclassHinge(scores, [0], margin: 10)
    expectClose([loss], [8.0 / 3], Tolerance(Double.self, length: 1, scale: 3))
    expectClose(
      gradient.elements, [-1.0 / 3, 0, 1.0 / 3], Tolerance(Double.self, length: 1, scale: 1))
  }

  @Test func `has gradient 0 at its kink`() {
    let (loss, gradient) = multiclassHinge(Tensor<Float>(rows: [[2, 1, 0]]), [0])
    #expect(loss == 0)
    #expect(gradient == .zeros([1, 3]))
  }

  @Test func `propagates NaN only within rows`() {
    let scores = Tensor<Double>(rows: [[.nan, 0, 5], [0, 1, 2], [5, 0, .nan]])
    let each = multiclassHinge(scores, [2, 0, 0], reduction: .perSample)
    #expect(each.losses.elements.map(\.isNaN) == [true, false, true])
    let nan = each.gradientOfSum.elements.map(\.isNaN)
    #expect(nan == [true, false, true, false, false, false, true, false, true])
  }

  @Test func `stops for a label outside the classes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = multiclassHinge(Tensor<Float>.zeros([2, 3]), [-1, 0])
    }
    #expect(stopMessage(result).contains("label -1 of row 0 is outside the 3 classes"))
  }
}

@Suite struct `Gathering q[:, a]` {
  @Test func `returns one element of each row, and its backward pass scatters the gradient`() {
    let q = Tensor<Float>([1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 2, 2])
    #expect(gather(q, at: [1, 0, 0, 1]) == Tensor([2, 3, 5, 8], shape: [2, 2]))
    let gradient = gatherBackward(
      Tensor<Float>([1, 2, 3, 4], shape: [2, 2]), at: [1, 0, 0, 1], columns: 2)
    #expect(gradient == Tensor([0, 1, 2, 0, 3, 0, 0, 4], shape: [2, 2, 2]))
  }

  @Test func `stops for an index outside the row`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gather(Tensor<Float>.zeros([2, 3]), at: [0, 3])
    }
    #expect(stopMessage(result).contains("index 3 of row 1 is outside the 3 columns"))
  }

  @Test func `stops if the numbers of indices and rows differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gather(Tensor<Float>.zeros([2, 3]), at: [0])
    }
    #expect(stopMessage(result).contains("1 indices against the rows of shape [2, 3]"))
  }
}
