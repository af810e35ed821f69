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
    let finding = try #require(loss(2.1).first)
    #expect(finding.kind == .poorInitialization && finding.layer == "the loss")
    expectClose([finding.measured], [1.1 * log(10)], Tolerance(Double.self, length: 4, scale: 4))
    #expect(loss(1.8).isEmpty && loss(1).isEmpty)
    // The first loss of the training, not the first that is shown.
    #expect(loss(5, step: 1).count == 1 && loss(5, step: 2).isEmpty)
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordLoss(2.3, classes: 10) }
    monitor.observe(1) { $0.recordLoss(23, classes: 10) }
    #expect(monitor.alarms.isEmpty)
    var thresholds = Thresholds()
    thresholds.initialExcess = 3
    #expect(loss(2.1, thresholds).isEmpty)
  }

  /// The findings at the first step of a classifier with these logits.
  private func start(_ logits: [Double], loss: Double) -> [Finding] {
    let layer = Dense<Double>(
      weight: Tensor(logits, shape: [logits.count, 1]), bias: .zeros([logits.count]))
    let (output, cache) = layer.forward(.ones([1, 1]))
    let (_, _, trace) = layer.tracedBackward(output, cache)
    var monitor = HealthMonitor<Double>()
    monitor.observe(0, loss: loss, classes: logits.count) {
      $0.recordNetwork(trace, output: output)
    }
    return monitor.alarms
  }

  // Two logits a and −a cost ln 2cosh a − 0 in the mean over both labels, ln cosh a above ln 2.
  @Test func `is measured by the logits, where they are shown, and not by the luck of a batch`() {
    let certain = start([5, -5], loss: 10)
    #expect(certain.map(\.kind) == [.poorInitialization])
    expectClose(
      certain.map(\.measured), [log(cosh(5))], Tolerance(Double.self, length: 8, scale: 5))
    // It was trained before, and is right.
    #expect(start([5, -5], loss: 5e-5).isEmpty)
    // A sum over many samples is no certainty.
    #expect(start([0.5, -0.5], loss: 64 * 0.7).isEmpty)
  }

  private func variances<S: RealScalar>(
    _ deviations: [Double], step: Int = 0, functions: [Nonlinearity] = [.tanh, .tanh, .tanh],
    as _: S.Type = Double.self
  ) -> [String] {
    var monitor = HealthMonitor<S>()
    let y = Tensor<S>(samples(1024), shape: [32, 32])
    monitor.observe(step) {
      for (k, deviation) in deviations.enumerated() {
        $0.recordActivation("\(k)", functions[k], output: y * S(deviation))
      }
    }
    return monitor.alarms.filter { $0.kind == .poorInitialization }.map(\.layer)
  }

  @Test func `is a variance that changes tenfold from layer to layer`() {
    #expect(variances([0.5, 0.5, 0.12]) == ["2"])
    #expect(variances([0.1, 0.5, 0.5]) == ["1"])
    #expect(variances([0.5, 0.4, 0.3]) == [])
    // An output that does not vary at all.
    #expect(variances([0.5, 0, 0.5]) == ["1", "2"])
    #expect(variances([0, 0, 0]) == [])
  }

  // Signals whose variance no single-precision number holds.
  @Test(arguments: [1e-30, 1e-24, 1e24, 1e30]) func `is seen at any scale`(scale: Double) {
    let deviations = [0.5, 0.5, 0.12].map { $0 * scale }
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
