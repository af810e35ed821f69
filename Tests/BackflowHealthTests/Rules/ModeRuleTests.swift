import Backflow
import TestSupport
import Testing

@Suite struct `A normalization layer` {
  /// Forty steps in this mode, with or without an update of the running statistics.
  private func findings(
    _ mode: (Int) -> Mode, updates: Bool, trackedBefore: Int = 0, input: Tensor<Float>? = nil
  ) -> [Finding] {
    var random = RandomSource(seed: 2)
    var network = Sequential<Float> {
      Dense(inputSize: 4, outputSize: 6, using: &random)
      BatchNorm(channels: 6)
    }
    for _ in 0..<trackedBefore {
      let (_, cache) = network.forward(random.normal([32, 4]), .training(seed: 1))
      network.updateBuffers(from: cache)
    }
    var monitor = HealthMonitor<Float>(every: 10)
    for step in 0..<50 {
      let (output, cache) = network.forward(input ?? random.normal([32, 4]), mode(step))
      let (_, _, trace) = network.tracedBackward(random.normal(output.shape), cache)
      if updates { network.updateBuffers(from: cache) }
      monitor.observe(step, loss: 1) { $0.recordNetwork(trace) }
    }
    return monitor.findings.filter { $0.kind == .wrongMode }
  }

  @Test func `is healthy in training mode with its statistics`() {
    #expect(findings({ .training(seed: UInt64($0)) }, updates: true).isEmpty)
  }

  @Test func `in evaluation mode has never seen a batch`() throws {
    let finding = try #require(findings({ _ in .evaluation }, updates: false).first)
    #expect(finding.severity == .warning && finding.layer == "1")
    #expect(finding.statement.contains("1 (BatchNorm) runs in evaluation mode"))
  }

  @Test func `in evaluation mode is a note where its statistics fit`() throws {
    let frozen = findings({ _ in .evaluation }, updates: false, trackedBefore: 60)
    #expect(frozen.map(\.severity) == [.note])
    let shifted = findings(
      { _ in .evaluation }, updates: false, trackedBefore: 60, input: .ones([32, 4]) * 20)
    #expect(shifted.map(\.severity) == [.warning])
  }

  @Test func `in training mode needs its buffers updated`() throws {
    let finding = try #require(findings({ .training(seed: UInt64($0)) }, updates: false).first)
    #expect(finding.severity == .warning && finding.cure.contains("updateBuffers"))
  }
}
