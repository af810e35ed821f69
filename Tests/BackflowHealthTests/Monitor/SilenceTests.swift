import Backflow
import Testing

@Suite struct `Silence` {
  private func saturated(
    _ names: [String], _ change: (inout HealthMonitor<Double>) -> Void
  ) -> [String] {
    var monitor = HealthMonitor<Double>()
    change(&monitor)
    monitor.observe(0) {
      for name in names { $0.recordActivation(name, .tanh, output: .ones([4, 4])) }
    }
    return monitor.findings.map(\.layer)
  }

  @Test func `covers a layer, a kind, or a pattern`() {
    let names = ["encoder.0", "encoder.1.body", "decoder.0", "encoder"]
    #expect(
      saturated(names) { $0.silence("decoder.0") } == ["encoder.0", "encoder.1.body", "encoder"])
    // A layer stands for all that is inside it.
    #expect(saturated(names) { $0.silence("encoder.*") } == ["decoder.0"])
    #expect(saturated(names) { $0.silence("encoder") } == ["decoder.0"])
    #expect(saturated(names) { $0.silence("enc") } == names)
    #expect(saturated(names) { $0.silence("*.0") } == ["encoder.1.body", "encoder"])
    #expect(
      saturated(names) { $0.silence("*coder.*.b*y") } == ["encoder.0", "decoder.0", "encoder"])
    #expect(saturated(names) { $0.silence("*", .saturation) } == [])
    #expect(saturated(names) { $0.silence("*", .deadUnits) } == names)
    #expect(saturated(names) { $0.silence() } == [])
  }

  @Test func `covers everything but the chosen layers`() {
    let names = ["encoder.0", "decoder.0"]
    #expect(saturated(names) { $0.watch(only: ["dec*"]) } == ["decoder.0"])
    #expect(saturated(names) { $0.watch(only: ["encoder.0", "dec*"]) } == names)
  }

  @Test func `says which names it does not know`() {
    var monitor = HealthMonitor<Double>()
    monitor.silence("fc1.*", .deadUnits)
    monitor.watch(only: ["decodr", "encoder", "*"])
    monitor.observe(0) {
      for name in ["encoder.0", "fc1.body"] {
        $0.recordActivation(name, .tanh, output: .zeros([4, 4]))
      }
    }
    let lines = "\(monitor)".split(separator: "\n")
    #expect(lines.count == 2 && lines[0] == "no findings in 1 observation of 2 layers")
    #expect(lines[1].hasPrefix("\"decodr\" is the name of no layer or parameter"))
  }

  @Test func `also covers what is added`() {
    var monitor = HealthMonitor<Double>()
    monitor.silence("fc1", .deadUnits)
    monitor.add([
      Finding(
        .deadUnits, .warning, layer: "fc1", step: 0, measured: 1, threshold: 0, source: "",
        statement: "", reason: "", cure: "")
    ])
    #expect(monitor.findings.isEmpty)
  }
}
