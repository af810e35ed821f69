import Backflow
import TestSupport
import Testing

@Suite struct `A layer that passes nothing back` {
  @Test func `is named itself, not a layer below that gets no gradient`() throws {
    var random = RandomSource(seed: 1)
    let model = Sequential<Double> {
      Dense(inputSize: 3, outputSize: 4, using: &random)
      Tanh()
      // Pre-activations of −100: every unit is off.
      Dense(weight: .zeros([5, 4]), bias: Tensor(repeating: -100, shape: [5]))
      ReLU()
      Dense(inputSize: 5, outputSize: 2, using: &random)
    }
    let (_, cache) = model.forward(random.normal([6, 3]))
    let (_, _, trace) = model.tracedBackward(random.normal([6, 2]), cache)
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordNetwork(trace) }
    let finding = try #require(monitor.findings.first { $0.kind == .vanishingGradient })
    #expect(finding.layer == "3" && finding.severity == .failure && finding.measured == 0)
    #expect(finding.statement.contains("the 3 layers below get none"))
    #expect(finding.cure.contains("DeadUnitCensus"))
  }
}
