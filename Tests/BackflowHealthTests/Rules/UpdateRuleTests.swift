import Backflow
import TestSupport
import Testing

@Suite struct `An update` {
  private let weight = Model<Double>(["weight": Tensor([3, 0, 0, 4], shape: [2, 2])])

  /// What is found when every tenth step multiplies the parameters by one of these factors.
  private func findings(
    of model: Model<Double>, _ factors: [Double], _ thresholds: Thresholds = Thresholds()
  ) -> [Finding] {
    var monitor = HealthMonitor<Double>(thresholds: thresholds)
    for (index, factor) in factors.enumerated() {
      monitor.observe(10 * index) { $0.recordParameters(model, after: model.map { $0 * factor }) }
    }
    return monitor.findings
  }

  @Test func `is measured against the length of what it changes`() {
    var observation = StepObservation<Double>(step: 0)
    observation.recordParameters(weight, after: weight.map { $0 + 1 })
    observation.recordParameters(weight)
    observation.recordParameters(weight.map { $0 * 0 }, after: weight)
    // ‖(1, 1, 1, 1)‖/‖(3, 0, 0, 4)‖
    #expect(observation.parameters.map(\.updateRatio) == [0.4, nil, nil])
  }

  @Test func `of zero is reported as an unchanged parameter`() {
    let found = findings(of: weight, [1, 1, 1])
    #expect(found.map(\.kind) == [.unchangedParameter] && found.map(\.layer) == ["weight"])
    #expect(found.map(\.severity) == [.failure] && found.map(\.step) == [20])
    #expect(found.map(\.firstStep) == [0] && found.map(\.observations) == [3])
  }

  @Test func `is too long or too short`() {
    #expect(findings(of: weight, [1.11, 1.11, 1.11]).map(\.kind) == [.updateRatio])
    #expect(findings(of: weight, [1.09, 1.09, 1.09]).isEmpty)
    let short = findings(of: weight, [1 + 9e-9, 1 + 9e-9, 1 + 9e-9])
    #expect(short.map(\.kind) == [.shortUpdate] && short.map(\.threshold) == [1e-8])
    #expect(findings(of: weight, [1 + 1.1e-8, 1 + 1.1e-8, 1 + 1.1e-8]).isEmpty)
  }

  @Test func `of zero is also reported for a bias at zero`() {
    let bias = Model<Double>(["bias": .zeros([3])])
    #expect(findings(of: bias, [1, 1, 1]).map(\.severity) == [.failure])
    var monitor = HealthMonitor<Double>()
    for step in stride(from: 0, to: 40, by: 10) {
      monitor.observe(step) { $0.recordParameters(bias, after: bias.map { $0 + 1 }) }
    }
    for step in stride(from: 40, to: 80, by: 10) {
      monitor.observe(step) { $0.recordParameters(Model(["empty": .zeros([0])]), after: nil) }
    }
    #expect(monitor.findings.isEmpty)
  }

  @Test func `that ends after it has moved, as a schedule does at zero, is a note`() {
    let found = findings(of: weight, [1.01, 1.001, 1, 1, 1])
    #expect(found.map(\.kind) == [.unchangedParameter] && found.map(\.severity) == [.note])
    // By equality, not by the ratio: 1e-200/1e200 is 0.
    let far = Model<Double>(["weight": Tensor([1e200, 0], shape: [1, 2])])
    let near = Model<Double>(["weight": Tensor([1e200, 1e-200], shape: [1, 2])])
    var monitor = HealthMonitor<Double>()
    for step in [0, 10, 20] { monitor.observe(step) { $0.recordParameters(far, after: near) } }
    #expect(monitor.findings.map(\.kind) == [.shortUpdate])
  }

  @Test func `may decrease to zero, as a learning rate does`() {
    #expect(findings(of: weight, [1.01, 1 + 1e-9, 1 + 1e-9, 1 + 1e-9, 1 + 1e-9]).isEmpty)
  }

  @Test func `is judged over twenty consecutive steps`() {
    #expect(findings(of: weight, [1.5, 1.5, 1.01, 1.5, 1.5]).isEmpty)
    #expect(findings(of: weight, [1, 1, 1.01, 1, 1]).isEmpty)
    // One pace after the other is no pace kept.
    #expect(findings(of: weight, [1.5, 1, 1.5, 1, 1.5]).isEmpty)
    var thresholds = Thresholds()
    thresholds.patience = 10
    #expect(findings(of: weight, [1.01, 1.5, 1.5], thresholds).map(\.step) == [20])
  }

  // Biases start at zero; Adam's third step is half as long as what it changes.
  @Test func `is never too long for a bias`() {
    let bias = Model<Double>(["bias": Tensor([1e-3, 2e-3])])
    #expect(findings(of: bias, [2, 1.5, 1.4, 1.3]).isEmpty)
    #expect(findings(of: bias, [1, 1, 1]).map(\.kind) == [.unchangedParameter])
  }

  @Test func `that is healthy is not a finding, nor is NaN`() {
    #expect(findings(of: weight, [1.001, 1.001, 1.001, 1.001]).isEmpty)
    #expect(findings(of: weight, [.nan, .nan, .nan]).map(\.kind) == [.nonFinite])
  }
}
