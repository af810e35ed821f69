import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A clipped step` {
  // pytorch #46849: the squares overflow a float, the norm does not.
  @Test func `has the true norm of gradients whose squares overflow`() {
    let before = Model<Float>(["weight": Tensor(repeating: 1e20, shape: [100])])
    let step = ClippedStep(before: before, after: before.map { $0 / 1e21 })
    expectClose([step.normBefore], [1e21], Tolerance(Float.self, length: 4, scale: 1e21))
    expectClose([step.normAfter, step.cosine], [1, 1], Tolerance(Float.self, length: 4, scale: 1))
    #expect(step.isClipped)
  }

  // The norm, 1e39, is beyond a float.
  @Test func `keeps its direction where its norm is beyond Float`() {
    let before = Model<Float>(["weight": Tensor(repeating: 1e38, shape: [100])])
    let step = ClippedStep(before: before, after: before.map { $0 / 1e38 })
    expectClose([step.normBefore], [1e39], Tolerance(Float.self, length: 4, scale: 1e39))
    expectClose([step.cosine], [1], Tolerance(Float.self, length: 4, scale: 1))
  }

  @Test func `has the true norms where squares vanish in a double`() {
    let before = Model<Double>(["weight": Tensor([3e-200, 4e-200])])
    let step = ClippedStep(before: before, after: before.map { $0 * 0x1p-10 })
    expectClose(
      [step.normBefore * 1e200, step.normAfter * 0x1p10 * 1e200, step.cosine], [5, 5, 1],
      Tolerance(Double.self, length: 8, scale: 5))
  }

  @Test func `counts as clipped only if something changed`() {
    // In single precision the cosine of a vector with itself is rarely 1.
    let gradients = Model<Float>([
      "weight": Tensor(samples(999)), "bias": Tensor(samples(7, seed: 2)),
    ])
    let step = ClippedStep(before: gradients, after: gradients)
    #expect(!step.isClipped && step.normBefore == step.normAfter)
    expectClose([step.cosine], [1], Tolerance(Double.self, length: 8, scale: 1))
    #expect(ClippedStep(before: gradients, after: gradients.map { $0 * 0.99 }).isClipped)
  }

  @Test func `is turned by clipping its elements`() {
    let before = Model<Double>(["weight": Tensor([3, 4]), "bias": Tensor([12])])
    let after = before.map { $0.clamped(to: -3...3) }
    let step = ClippedStep(before: before, after: after)
    expectClose(
      [step.normBefore, step.normAfter, step.cosine],
      [13, 27.0.squareRoot(), (9.0 + 12 + 36) / 13 / 27.0.squareRoot()],
      Tolerance(Double.self, length: 4, scale: 1))
  }

  @Test func `of zeros has a direction to keep`() {
    let zeros = Model<Double>(["weight": .zeros([3])])
    #expect(ClippedStep(before: zeros, after: zeros).cosine == 1)
    #expect(ClippedStep(before: zeros.map { $0 + 1 }, after: zeros).isClipped)
  }
}

@Suite struct `Clipping` {
  @Test func `that lengthens the gradient was recorded in the wrong order`() throws {
    var monitor = HealthMonitor<Float>()
    let gradients = Model<Float>(["weight": Tensor(samples(50))])
    monitor.observe(0) { $0.recordClipping(from: gradients.map { $0 / 4 }, to: gradients) }
    let finding = try #require(monitor.alarms.first)
    #expect(finding.kind == .wrongRecord && monitor.alarms.count == 1)
    #expect(finding.layer == "the gradients" && finding.cure.contains("`from:`"))
    #expect(finding.measured > 3.99 * finding.threshold)
  }

  @Test(arguments: [Float.nan, .infinity])
  func `that makes the gradient useless is a failure, and spoils no figure`(_ bad: Float) throws {
    var monitor = HealthMonitor<Float>()
    let gradients = Model<Float>(["weight": Tensor(samples(50))])
    for step in 0..<20 {
      monitor.observe(step) {
        $0.recordClipping(from: gradients, to: gradients.map { $0 * (step == 3 ? bad : 0.01) })
      }
    }
    let failure = try #require(monitor.alarms.first { $0.severity == .failure })
    #expect(failure.kind == .wrongRecord && failure.step == 3)
    let clipping = try #require(monitor.findings.first { $0.kind == .clipping })
    #expect(clipping.statement.contains("to 1.00 % of their length"))
    let copy = try JSONDecoder().decode(
      HealthMonitor<Float>.self, from: try JSONEncoder().encode(monitor))
    #expect(copy.findings == monitor.findings)
  }

  /// What is found after steps whose gradients, (3, 4), are multiplied by these factors.
  private func findings(
    _ factors: [Double], _ thresholds: Thresholds = Thresholds()
  ) -> [Finding] {
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    let gradients = Model<Double>(["weight": Tensor([3, 4])])
    for (step, factor) in factors.enumerated() {
      monitor.observe(step) {
        $0.recordClipping(from: gradients, to: gradients.map { $0 * factor })
      }
    }
    return monitor.findings
  }

  @Test func `is the rule for more than half of the steps`() {
    #expect(findings([1, 0.5] + [Double](repeating: 1, count: 18)).isEmpty)
    #expect(findings([Double](repeating: 1, count: 5) + [Double](repeating: 0.5, count: 5)).isEmpty)
    let found = findings([Double](repeating: 1, count: 4) + [Double](repeating: 0.5, count: 6))
    #expect(found.map(\.severity) == [.note] && found.map(\.measured) == [0.6])
  }

  @Test func `waits for ten observations`() {
    #expect(findings([Double](repeating: 0.5, count: 9)).isEmpty)
    #expect(findings([Double](repeating: 0.5, count: 10)).count == 1)
  }

  @Test func `is an alarm where it leaves little of the steps`() {
    #expect(findings([Double](repeating: 0.05, count: 10)).map(\.severity) == [.warning])
    var thresholds = Thresholds()
    thresholds.keptLength = 0.6
    #expect(findings([Double](repeating: 0.5, count: 10), thresholds).map(\.severity) == [.warning])
  }

  @Test func `that turns the steps says so`() throws {
    var monitor = HealthMonitor<Double>()
    let gradients = Model<Double>(["weight": Tensor([100, 1])])
    for step in 0..<10 {
      monitor.observe(step) {
        $0.recordClipping(from: gradients, to: gradients.map { $0.clamped(to: -1...1) })
      }
    }
    #expect(try #require(monitor.findings.first).reason.contains("turns them"))
  }
}
