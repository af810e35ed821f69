import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The loss of a training` {
  /// What a monitor finds in these losses, one for each step.
  private func monitor(
    _ losses: [Double], every interval: Int, classes: Int? = nil, constant: Double? = nil
  ) -> HealthMonitor<Double> {
    var monitor = HealthMonitor<Double>(every: interval)
    for (step, loss) in losses.enumerated() {
      monitor.observe(step, loss: loss, classes: classes, constantLoss: constant) { _ in }
    }
    return monitor
  }

  private func kinds(_ monitor: HealthMonitor<Double>) -> [Finding.Kind] {
    monitor.alarms.map(\.kind)
  }

  /// A loss that falls from `start` to a fiftieth, with noise of a fifth.
  private func healthy(_ count: Int, start: Double = 2.3) -> [Double] {
    zip(0..<count, samples(count)).map { start * (0.02 + exp(-Double($0) / 100)) * (1 + 0.2 * $1) }
  }

  @Test(arguments: [1, 10], [1e-6, 1, 1e6]) func `is not a finding where it falls`(
    interval: Int, scale: Double
  ) {
    let losses = healthy(1000).map { scale * $0 }
    #expect(monitor(losses, every: interval).findings.isEmpty)
    #expect(kinds(monitor(losses, every: interval, constant: 2.3 * scale)) == [])
  }

  @Test(arguments: [1, 10]) func `is rising`(interval: Int) throws {
    let losses = (0..<100).map { 1.5 * exp(Double($0) / 10) }
    let found = monitor(losses, every: interval, classes: 10)
    let finding = try #require(found.alarms.first { $0.kind == .risingLoss })
    #expect(finding.severity == .failure && finding.isPresent)
    // A fitted network whose loss goes up and down at a small level does not rise.
    #expect(
      kinds(monitor((0..<200).map { 0.001 + 1e-5 * Double($0) }, every: 1, classes: 10)) == [])
  }

  @Test(arguments: [1, 10]) func `falls and comes back`(interval: Int) {
    let wave = (0..<400).map { 1.3 + cos(Double($0) / 60) }
    #expect(kinds(monitor(wave, every: interval, classes: 10)) == [.risingLoss])
    // At the level of noise, up and down is nothing.
    let low = zip(healthy(400), wave).map { min($0, 0.1 * $1) }
    #expect(kinds(monitor(low, every: interval, classes: 10)) == [])
  }

  @Test(arguments: [1, 10]) func `is stuck at the level of a constant guess`(interval: Int) throws {
    let flat = samples(900).map { log(10) + 0.05 * $0 }
    let found = monitor(flat, every: interval, classes: 10)
    #expect(kinds(found) == [.stuckLoss])
    #expect(found.findings[0].lastStep >= 890)
    let plateau = Array(flat.prefix(450)) + healthy(450)
    #expect(kinds(monitor(plateau, every: interval, classes: 10)) == [])
    // A variance that is known is a constant guess as well.
    #expect(kinds(monitor(flat, every: interval, constant: log(10))) == [.stuckLoss])
  }

  @Test func `that does not fall is a note where nothing says that it could`() {
    let found = monitor(samples(900).map { 0.1 + 0.01 * $0 }, every: 10)
    #expect(found.findings.map(\.kind) == [.stuckLoss] && found.alarms.isEmpty)
  }

  @Test(arguments: [1, 10]) func `jumps after the first updates`(interval: Int) {
    func kindsAfterJump(of steps: Int) -> [Finding.Kind] {
      let losses = [2.3] + [Double](repeating: 20, count: steps) + healthy(200)
      return kinds(monitor(losses, every: interval, classes: 10))
    }
    #expect(kindsAfterJump(of: 100).contains(.longStep))
    // What is made good within 60 steps is no defect.
    #expect(!kindsAfterJump(of: 20).contains(.longStep))
  }

  @Test(arguments: [1, 10]) func `has a spike, with its step`(interval: Int) throws {
    var losses = healthy(300)
    for k in 0..<6 { losses[203 + k] = 40 / Double(1 + k) }
    let found = monitor(losses, every: interval, classes: 10)
    let spike = try #require(found.alarms.first)
    #expect(spike.kind == .lossSpike && spike.step == 203 && !spike.isPresent)
    // One hard example among easy ones is not damage.
    var hard = healthy(300)
    hard[203] = 12
    #expect(kinds(monitor(hard, every: interval, classes: 10)) == [])
  }

  @Test(arguments: [1, 10]) func `oscillates`(interval: Int) {
    let swings = (0..<200).map { 2.3 + ($0 % 2 == 0 ? 0.5 : -0.5) }
    #expect(kinds(monitor(swings, every: interval)) == [.oscillatingLoss])
    let noise = samples(200).map { 2.3 + $0 }
    #expect(kinds(monitor(noise, every: interval)) == [])
    // Full-batch training may swing about its limit and learn all the same.
    let learning = zip(swings, 0...).map { $0 * exp(-Double($1) / 50) }
    #expect(kinds(monitor(learning, every: interval)) == [])
  }
}
