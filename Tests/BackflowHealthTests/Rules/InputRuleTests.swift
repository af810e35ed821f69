import Backflow
import TestSupport
import Testing

@Suite struct `The input of a network` {
  private func monitor(_ input: Tensor<Double>) -> HealthMonitor<Double> {
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordInput("0", input) }
    return monitor
  }

  @Test func `is too large beyond a root mean square of thirty`() throws {
    let bytes = Tensor<Double>(samples(800).map { 127.5 * ($0 + 1) }, shape: [10, 80])
    let finding = try #require(monitor(bytes).alarms.first)
    #expect(finding.kind == .unsuitableInput && finding.layer == "0" && finding.measured > 127)
    #expect(monitor(bytes / 255).findings.isEmpty)
    #expect(monitor(1e6 * bytes).alarms.map(\.kind) == [.unsuitableInput])
  }

  @Test func `may hold features that never vary, other than zero`() throws {
    var input = Tensor<Double>(samples(80), shape: [10, 8])
    for row in 0..<10 { (input[row, 3], input[row, 5]) = (2, 0) }
    let found = monitor(input).findings
    #expect(found.map(\.kind) == [.unsuitableInput] && found.map(\.severity) == [.note])
    #expect(found.map(\.units) == [[3]])
  }

  @Test func `is read from the trace of the first layer, at any depth`() {
    var random = RandomSource(seed: 1)
    let model = Sequential<Double> {
      Sequential<Double> {
        Dense(inputSize: 4, outputSize: 3, using: &random)
        Tanh()
      }
    }
    let (_, cache) = model.forward(100 + random.normal([9, 4]))
    let (_, _, trace) = model.tracedBackward(.ones([9, 3]), cache)
    var monitor = HealthMonitor<Double>()
    monitor.observe(0) { $0.recordNetwork(trace, prefix: "policy.") }
    #expect(monitor.alarms.contains { $0.kind == .unsuitableInput && $0.layer == "policy.0.0" })
  }
}
