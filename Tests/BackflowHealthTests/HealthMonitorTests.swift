import Backflow
import TestSupport
import Testing

@Suite struct `A health monitor` {
  @Test func `looks only at the steps that are due`() {
    var monitor = HealthMonitor<Double>(every: 10)
    var looks: [Int] = []
    for step in 0..<25 { monitor.observe(step) { looks.append($0.step) } }
    #expect(looks == [0, 10, 20])
    #expect(monitor.observations == 3)
    #expect(monitor.findings.isEmpty)
    #expect("\(monitor)" == "no findings in 3 observations")
  }

  @Test func `survives NaN and infinity anywhere and says where they began`() throws {
    for bad in [Double.nan, .infinity, -.infinity] {
      var monitor = HealthMonitor<Double>()
      var output = Tensor<Double>.zeros([4, 3])
      output[2, 1] = bad
      monitor.observe(7) {
        $0.activation("first", .tanh, output: .zeros([4, 3]))
        $0.activation("second", .tanh, output: output)
        $0.signal(
          "second", .weight, outputGradient: output, inputGradient: output)
        $0.loss(bad, classes: 10)
      }
      let finding = try #require(monitor.findings.first)
      #expect(finding.kind == .nonFinite && finding.layer == "second" && finding.step == 7)
      #expect(finding.statement.contains("the output of second holds 1 NaN or infinite"))
      #expect(finding.statement.contains("element 7"))
    }
  }
}
