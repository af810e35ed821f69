import Backflow
import Foundation
import Testing

@Suite struct `A finding` {
  private func finding(_ measured: Double, side: Finding.Side? = nil) -> Finding {
    Finding(
      .saturation, .warning, layer: "lstm.l0", gate: "input", side: side, units: [3, 5], step: 7,
      measured: measured, threshold: 0.5, source: "a", statement: "b", reason: "c", cure: "d")
  }

  @Test(arguments: [0.7, .infinity, -.infinity])
  func `is the same after it was written as JSON and read`(measured: Double) throws {
    for side in [nil, Finding.Side.low, .high] {
      let finding = finding(measured, side: side)
      let data = try JSONEncoder().encode(finding)
      #expect(try JSONDecoder().decode(Finding.self, from: data) == finding)
    }
  }

  @Test func `has the keys that it always had`() throws {
    let data = try JSONEncoder().encode(finding(0.7, side: .low))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "kind", "severity", "layer", "gate", "side", "units", "step", "measured", "threshold",
        "source", "statement", "reason", "cure", "patience", "measure", "present_severity",
        "first_step", "last_step",
        "observations", "worst", "worst_step", "is_present",
      ])
    #expect(object["side"] as? String == "low" && object["kind"] as? String == "saturation")
  }

  @Test func `says infinity where the figure is infinite`() {
    #expect("\(finding(.infinity))".contains("measured ∞, limit 0.5"))
  }
}
