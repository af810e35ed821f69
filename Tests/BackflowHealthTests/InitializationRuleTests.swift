import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A poor start` {
  private func loss(_ share: Double, step: Int = 0, _ thresholds: Thresholds = Thresholds())
    -> [Finding]
  {
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    monitor.observe(step) { $0.recordLoss(share * log(10), classes: 10) }
    return monitor.alarms
  }

  @Test func `is a first loss far above that of a uniform guess`() throws {
    let finding = try #require(loss(1.6).first)
    #expect(finding.kind == .poorInitialization && finding.layer == "the loss")
    expectClose([finding.measured], [1.6], Tolerance(Double.self, length: 4, scale: 1))
    #expect(loss(1.4).isEmpty && loss(1).isEmpty)
    // The first one that is shown, if that is soon enough.
    #expect(loss(5, step: 9).count == 1 && loss(5, step: 10).isEmpty)
    var monitor = HealthMonitor<Double>()
    monitor.observe(1) { $0.recordLoss(2.3, classes: 10) }
    monitor.observe(2) { $0.recordLoss(23, classes: 10) }
    #expect(monitor.alarms.isEmpty)
    var thresholds = Thresholds()
    thresholds.initialExcess = 2
    #expect(loss(1.6, thresholds).isEmpty)
  }

  private func variances<S: RealScalar>(
    _ deviations: [Double], step: Int = 0, functions: [Nonlinearity] = [.tanh, .tanh, .tanh],
    as _: S.Type = Double.self
  ) -> [String] {
    var monitor = HealthMonitor<S>()
    let y = Tensor<S>(samples(64), shape: [8, 8])
    monitor.observe(step) {
      for (k, deviation) in deviations.enumerated() {
        $0.recordActivation("\(k)", functions[k], output: y * S(deviation))
      }
    }
    return monitor.alarms.filter { $0.kind == .poorInitialization }.map(\.layer)
  }

  @Test func `is a variance that changes tenfold from layer to layer`() {
    #expect(variances([0.5, 0.5, 0.15]) == ["2"])
    #expect(variances([0.1, 0.5, 0.5]) == ["1"])
    #expect(variances([0.5, 0.4, 0.3]) == [])
    // An output that does not vary at all.
    #expect(variances([0.5, 0, 0.5]) == ["1", "2"])
    #expect(variances([0, 0, 0]) == [])
  }

  // Signals whose variance no single-precision number holds.
  @Test(arguments: [1e-30, 1e-24, 1e24, 1e30]) func `is seen at any scale`(scale: Double) {
    let deviations = [0.5, 0.5, 0.15].map { $0 * scale }
    #expect(variances(deviations, as: Float.self) == ["2"])
    #expect(variances([0.5, 0.4, 0.3].map { $0 * scale }, as: Float.self) == [])
    #expect(variances(deviations.map { $0 * scale * scale }) == ["2"])
  }

  @Test func `is reported in the first ten steps, among layers of one kind`() {
    #expect(variances([0.5, 0.1, 0.1], step: 9) == ["1"])
    #expect(variances([0.5, 0.1, 0.1], step: 10) == [])
    #expect(variances([0.5, 0.1, 0.1], functions: [.tanh, .relu, .relu]) == [])
  }

  @Test func `does not count NaN`() {
    #expect(loss(.nan).map(\.kind) == [.nonFinite])
    #expect(variances([0.5, .nan, 0.5]) == [])
  }
}
