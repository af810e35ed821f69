import Backflow
import BackflowSelfTest
import Foundation
import Testing

@Suite struct `backflow selftest` {
  let backflow = Program(name: "backflow")

  private func outcomes(_ output: String) throws -> [SelfTestCase.Outcome] {
    try JSONDecoder().decode([SelfTestCase.Outcome].self, from: Data(output.utf8))
  }

  #if !DEBUG
    @Test func `passes`() throws {
      let run = try backflow.run("selftest", "--format", "json")
      let outcomes = try outcomes(run.output)
      #expect(outcomes.map(\.name) == SelfTest.cases.map(\.name))
      for outcome in outcomes { #expect(outcome.passes, "\(outcome)") }
      #expect(run.status == 0, "\(run.errors)")
    }
  #endif

  @Test func `prints a table, or only JSON on request`() throws {
    let text = try backflow.run("selftest", "--only", "delay line")
    #expect(text.status == 0, "\(text.errors)")
    for part in ["figure", "expected", "tolerance", "verdict", "6.115909045", "ok", "All 1 cases"] {
      #expect(text.output.contains(part), "\(part)")
    }
    let json = try backflow.run("selftest", "--only", "defective", "--format", "json")
    let outcome = try #require(outcomes(json.output).first)
    #expect(outcome.passes && outcome.figures.contains { $0.expected == .infinity })
  }

  @Test func `refuses a name without a case`() throws {
    #expect(try backflow.run("selftest", "--only", "no such case").status == 64)
  }

  @Test func `fails a wrong expectation, a NaN, and an error`() throws {
    func passes(_ measured: Double, _ expected: Double) -> Bool {
      SelfTestCase("planted", source: "") {
        [.init("a figure", measured, expected: expected, within: 1e-3)]
      }.run().passes
    }
    #expect(passes(1, 1) && passes(1, 1.0009) && passes(-.infinity, -.infinity))
    #expect(!passes(1, 1.0011) && !passes(.nan, 1) && !passes(.infinity, 1))
    #expect(!passes(1, -.infinity))
    let failing = SelfTestCase("planted", source: "") {
      throw StabilityError.negativeSteps(-1)
    }.run()
    #expect(!failing.passes && failing.error != nil && "\(failing)".contains("FAILED"))
    #expect(!SelfTestCase("planted", source: "") { [] }.run().passes)
  }

  /// A case of the program whose known value is replaced.
  @Test func `fails each case of matrices if its known value is wrong`() throws {
    for selfTest in SelfTest.cases where selfTest.name.contains("defective") {
      for figure in selfTest.run().figures {
        let planted = SelfTestCase.Figure(
          figure.name, figure.measured, expected: figure.expected == .infinity ? 1 : 3,
          within: figure.tolerance)
        #expect(figure.passes && !planted.passes, "\(figure.name)")
      }
    }
  }
}
