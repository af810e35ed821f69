import Backflow
import TestSupport
import Testing

@Suite struct `Units of a rectified layer` {
  /// A training of 300 steps with a flat loss, in which unit k is on at the steps for which `isOn`
  /// says so.
  private func findings(
    units: Int, every interval: Int, _ isOn: (_ unit: Int, _ step: Int) -> Bool
  ) -> [Finding] {
    var monitor = HealthMonitor<Float>(every: interval)
    for step in 0..<300 {
      monitor.observe(step, loss: 1) {
        var output = Tensor<Float>.zeros([8, units])
        for unit in 0..<units where isOn(unit, step) { output[step % 8, unit] = 0.5 }
        $0.recordActivation("fc1", .relu, output: output)
      }
    }
    return monitor.findings.filter { $0.kind == .deadUnits }
  }

  @Test(arguments: [1, 10]) func `are dead after a hundred steps`(interval: Int) throws {
    let finding = try #require(
      findings(units: 8, every: interval) { unit, step in unit < 2 || unit == 2 && step < 50 }.first
    )
    #expect(finding.units == [2, 3, 4, 5, 6, 7] && finding.severity == .warning)
    #expect(finding.firstStep == 100 && finding.layer == "fc1" && finding.worst == 6.0 / 8)
  }

  @Test(arguments: [1, 10]) func `are not dead if they are on now and then`(interval: Int) {
    #expect(
      findings(units: 8, every: interval) { unit, step in unit < 5 || step % 50 == 0 }.isEmpty)
    // Fewer than a third are nothing, and up to seven in ten are a note.
    #expect(findings(units: 8, every: interval) { unit, _ in unit < 6 }.isEmpty)
    let some = findings(units: 8, every: interval) { unit, _ in unit < 4 }
    #expect(some.map(\.severity) == [.note])
  }

  @Test func `are on if any of many rows is, or is NaN`() {
    var monitor = HealthMonitor<Float>(every: 10)
    for step in 0..<300 {
      monitor.observe(step, loss: 1) {
        var output = Tensor<Float>.zeros([2, 9, 3])
        output[1, 8, 2] = step % 20 == 0 ? .nan : 0.5
        $0.recordActivation("fc1", .relu, output: output)
      }
    }
    #expect(monitor.findings.filter { $0.kind == .deadUnits }.map(\.units) == [[0, 1]])
  }

  @Test func `are all dead`() {
    #expect(findings(units: 3, every: 10) { _, _ in false }.map(\.severity) == [.failure])
  }

  @Test func `are the channels of a convolution`() throws {
    var monitor = HealthMonitor<Float>()
    for step in 0..<150 {
      monitor.observe(step, loss: 1) {
        var output = Tensor<Float>.zeros([20, 3, 2, 2])
        output[1, 1, 0, 1] = 1
        $0.recordActivation("conv", .relu, output: output)
      }
    }
    #expect(monitor.findings.first { $0.kind == .deadUnits }?.units == [0, 2])
  }
}
