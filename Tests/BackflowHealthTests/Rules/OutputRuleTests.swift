import Backflow
import TestSupport
import Testing

@Suite struct `The output of a classifier` {
  private func findings<Last: Layer<Float>>(_ last: Last) -> [Finding] {
    var random = RandomSource(seed: 2)
    let network = Sequential<Float>([Dense(inputSize: 4, outputSize: 6, using: &random), last])
    let labels = (0..<18).map { $0 % 6 }
    var monitor = HealthMonitor<Float>(every: 10)
    for step in 0..<50 {
      let (output, cache) = network.forward(random.normal([18, 4]))
      let (loss, top) = softmaxCrossEntropy(output, labels)
      let (_, _, trace) = network.tracedBackward(top, cache)
      monitor.observe(step, loss: loss, classes: 6) { $0.recordNetwork(trace, output: output) }
    }
    return monitor.alarms.filter { $0.kind == .unsuitableOutput }
  }

  @Test func `is logits`() {
    #expect(findings(LeakyReLU<Float>(slope: 0.5)).isEmpty)
  }

  @Test func `is not probabilities`() {
    #expect(findings(Softmax<Float>()).map(\.layer) == ["1"])
  }

  @Test func `is not rectified`() throws {
    let finding = try #require(findings(ReLU<Float>()).first)
    #expect(finding.layer == "1" && finding.statement.contains("rectified"))
  }
}
