import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A blocked gradient` {
  // spragunr/deep_q_rl #46. At |d| = 1 the slope is the inner one.
  @Test func `of the clipped temporal difference is zero beyond the clip`() {
    let d = Tensor(stride(from: -2.0, through: 1.75, by: 0.25).map { $0 })
    let clipped = clippedSquare(d)
    #expect(
      clipped.gradient.elements
        == [0, 0, 0, 0, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 0, 0, 0])
    let each = huber(d, .zeros(d.shape), reduction: .perSample)
    #expect(
      each.gradientOfSum.elements
        == [-1, -1, -1, -1, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1, 1, 1])
    var observation = StepObservation<Double>(step: 0)
    observation.recordLoss("clipped", entries: clipped.values, gradient: clipped.gradient)
    observation.recordLoss("huber", entries: each.losses, gradient: each.gradientOfSum)
    // Seven of sixteen; the zero at d = 0 is right, for there the loss is at its minimum.
    #expect(observation.entries.map(\.silencedShare) == [7.0 / 16, 0])
    var monitor = HealthMonitor<Double>()
    #expect(monitor.judge(observation).map(\.layer) == ["clipped"])
  }

  // d ~ N(0, s²): P(|d| > 1)
  @Test(arguments: [(0.5, 0.0455), (1, 0.3173), (2, 0.6171), (5, 0.8415), (10, 0.9203)])
  func `silences as many normal errors as lie beyond the clip`(s: Double, expected: Double) {
    var random = RandomSource(seed: 8)
    let count = 40_000
    let loss = clippedSquare(random.normal([count], standardDeviation: s))
    var observation = StepObservation<Double>(step: 0)
    observation.recordLoss("td", entries: loss.values, gradient: loss.gradient)
    let error = 4 * (expected * (1 - expected) / Double(count)).squareRoot() + 5e-5
    #expect((observation.entries[0].silencedShare - expected).magnitude <= error)
  }

  private func alarms(
    _ values: [Float], _ gradient: [Float], minimum: Double = 0,
    _ thresholds: Thresholds = Thresholds()
  ) -> [Finding] {
    var monitor = HealthMonitor<Float>(thresholds: thresholds)
    monitor.observe(0) {
      $0.recordLoss("td", entries: Tensor(values), gradient: Tensor(gradient), minimum: minimum)
    }
    return monitor.alarms
  }

  @Test func `is none where the loss is at its minimum, or for nothing`() {
    #expect(alarms([0, 0, 1], [0, 0, 1]).isEmpty)
    #expect(alarms([2, 2, 3], [0, 0, 1], minimum: 2).isEmpty)
    #expect(alarms([2, 2, 3], [0, 0, 1]).count == 1)
    #expect(alarms([], []).isEmpty)
  }

  @Test func `is none up to the threshold`() {
    let values = [Float](repeating: 1, count: 100)
    let one = [0] + [Float](repeating: 1, count: 99)
    #expect(alarms(values, one).isEmpty)
    var thresholds = Thresholds()
    thresholds.silencedShare = 0.009
    #expect(alarms(values, one, thresholds).map(\.kind) == [.blockedGradient])
  }

  // Two of four rows are clipped: one by its loss, one by a mask on the gradient.
  @Test func `is that of a whole row`() {
    let rows: [Float] = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 1]
    var observation = StepObservation<Float>(step: 0)
    observation.recordLoss(
      "loss", entries: Tensor([2, 2, 0, 2]), gradient: Tensor(rows).reshaped(to: [4, 3]))
    #expect(observation.entries[0].silencedShare == 0.25)
    observation.recordLoss(
      "sequence", entries: Tensor<Float>([2, 2, 0, 2]).reshaped(to: [2, 2]),
      gradient: Tensor(rows).reshaped(to: [2, 2, 3]))
    #expect(observation.entries[1].silencedShare == 0.25)
  }

  // p rounds to its target where the logits are far apart; before that, no row is zero.
  private func expectFitted<Scalar: RealScalar>(_: Scalar.Type) {
    for classes in [2, 10, 100] {
      for distance in [1, 10, 15, 17, 36, 40, 88, 100, 104, 200, 700, 745, 800.0] {
        for scale in [1, 1e-4, 1e3] {
          var logits = Tensor<Scalar>.zeros([4, classes])
          for row in 0..<4 { logits[row, row % 2] = Scalar(distance) }
          let each = softmaxCrossEntropy(logits, [0, 1, 1, 1], reduction: .perSample)
          var observation = StepObservation<Scalar>(step: 0)
          observation.recordLoss(
            "fitted", entries: each.losses, gradient: each.gradientOfSum * Scalar(scale))
          #expect(observation.entries[0].silencedShare == 0, "\(classes), \(distance)")
          // A mask on large losses silences the sample that is wrong.
          var masked = each.gradientOfSum
          masked[2..<3] = .zeros([1, classes])
          observation.recordLoss("masked", entries: each.losses, gradient: masked)
          #expect(observation.entries[1].silencedShare == 0.25, "\(classes), \(distance)")
        }
      }
    }
  }

  @Test func `is none of a softmax that has fitted its labels`() {
    expectFitted(Float.self)
    expectFitted(Double.self)
  }

  // p and −ln p of another implementation, p − 1 = 0 at p = 1 − ε/4, and a minimum of ln 2.
  @Test func `is none within rounding`() {
    let loss = -log1p(-Double(Float.ulpOfOne) / 4)
    #expect(alarms([Float(loss)], [0]).count == 1)
    var observation = StepObservation<Float>(step: 0)
    let zero = Tensor<Float>.zeros([1, 2])
    observation.recordLoss("hard", entries: Tensor([Float(loss)]), gradient: zero)
    observation.recordLoss(
      "soft", entries: Tensor([Float(log(2.0)).nextUp]), gradient: zero, minimum: log(2.0))
    #expect(observation.entries.map(\.silencedShare) == [0, 0])
    observation.recordLoss(
      "blocked", entries: Tensor([Float(log(2.0)) + 1e-5]), gradient: zero, minimum: log(2.0))
    #expect(observation.entries[2].silencedShare == 1)
    #expect(alarms([Float(2).nextUp], [0], minimum: 2).isEmpty)
  }

  @Test func `stops at a gradient of other shape`() async {
    let stop = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      var observation = StepObservation<Float>(step: 0)
      observation.recordLoss("td", entries: .zeros([3]), gradient: .zeros([4, 3]))
    }
    #expect(stopMessage(stop).contains("td: gradients of entries [4, 3] instead of [3]"))
  }

  @Test func `does not count NaN`() {
    #expect(alarms([.nan, 1, .infinity], [0, .nan, 1]).map(\.kind) == [.nonFinite])
  }
}
