import Backflow
import Foundation
import Testing

@Suite struct `The environment of backflow` {
  let training = ["train", "digits", "--epochs", "1", "--hidden", "4"]

  private func errors(_ environment: [String: String]) throws -> [String] {
    let run = try Program(name: "backflow", environment: environment).run(training)
    #expect(run.status == 0, "\(run.errors)")
    return run.errors.split(separator: "\n").map(String.init)
  }

  @Test(arguments: ["many", "0", "-2", "2.5", "4,2"])
  func `is reported once if BACKFLOW_NUM_THREADS is not a number of threads`(text: String) throws {
    let lines = try errors(["BACKFLOW_NUM_THREADS": text])
    #expect(lines.count == 1)
    #expect(
      lines.first?.hasPrefix("backflow: BACKFLOW_NUM_THREADS is \"\(text)\", but must be") == true)
  }

  @Test func `is not reported for BACKFLOW_NUM_THREADS if --threads is given`() throws {
    let backflow = Program(name: "backflow", environment: ["BACKFLOW_NUM_THREADS": "x"])
    let run = try backflow.run(training + ["--threads", "1"])
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
  }

  @Test(arguments: ["avx2", "Portable", "portable ", "x86-64-v9"])
  func `is reported once if BACKFLOW_ISA is not an instruction set`(text: String) throws {
    let lines = try errors(["BACKFLOW_ISA": text])
    #expect(lines.count == 1)
    #expect(
      lines.first?.hasPrefix("backflow: BACKFLOW_ISA is \"\(text)\", but must be one of") == true)
    #expect(lines.first?.contains("portable") == true)
  }

  @Test func `is not reported if it is valid`() throws {
    for environment in [
      [:], ["BACKFLOW_ISA": "", "BACKFLOW_NUM_THREADS": ""],
      ["BACKFLOW_ISA": "portable", "BACKFLOW_NUM_THREADS": "3"],
      ["OMP_NUM_THREADS": "4,2", "OPENBLAS_NUM_THREADS": "1"],
    ] {
      #expect(try errors(environment) == [])
    }
  }
}
