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

  @Test func `does not count NaN`() {
    #expect(alarms([.nan, 1, .infinity], [0, .nan, 1]).map(\.kind) == [.nonFinite])
  }
}
