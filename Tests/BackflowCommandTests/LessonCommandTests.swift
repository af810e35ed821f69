import Foundation
import TestSupport
import Testing

@Suite struct `backflow lesson` {
  let backflow = Program(name: "backflow")
  let names = [
    "sigmoid-saturation", "dead-relu", "exploding-rnn", "clipped-td-error", "batch-norm",
  ]

  private func object(_ output: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }

  @Test func `prints failure, diagnosis and cure, and draws the figure`() throws {
    try withTemporaryFolder { folder in
      let figures = folder.appendingPathComponent("new/figures").path
      let run = try backflow.run("lesson", "batch-norm", "--figures", figures)
      #expect(run.status == 0, "\(run.errors)")
      for part in ["batch-norm: ", "the failure", "the diagnosis", "the cure"] {
        #expect(run.output.contains(part))
      }
      #expect(run.output.contains("figure: \(figures)/batch-norm.svg"))
      let svg = try String(contentsOfFile: figures + "/batch-norm.svg", encoding: .utf8)
      #expect(svg.hasPrefix("<svg") && svg.utf8.count < 200_000)
    }
  }

  @Test func `prints only JSON on request, the same for the same seed`() throws {
    func run() throws -> [String: Any] {
      let run = try backflow.run("lesson", "batch-norm", "--format", "json", "--seed", "4")
      return try object(run.output)
    }
    var (one, again) = (try run(), try run())
    #expect(
      Set(one.keys) == ["lesson", "claims", "failure", "findings", "cure", "seconds"])
    #expect(one["lesson"] as? String == "batch-norm")
    for key in ["failure", "cure"] {
      let account = try #require(one[key] as? [String: Any])
      #expect((account["text"] as? String)?.isEmpty == false)
      #expect((account["measures"] as? [String: Double])?.isEmpty == false)
    }
    let finding = try #require((one["findings"] as? [[String: Any]])?.first)
    #expect(finding["kind"] as? String == "wrong_gradient")
    #expect(try #require(one["seconds"] as? Double) > 0)
    one["seconds"] = nil
    again["seconds"] = nil
    #expect(NSDictionary(dictionary: one).isEqual(to: again))
  }

  @Test(arguments: [[], ["backprop"], ["batch-norm", "--format", "xml"]])
  func `reports a wrong name or option with the usage and code 64`(arguments: [String]) throws {
    let run = try backflow.run(["lesson"] + arguments)
    #expect(run.status == 64)
    #expect(run.output == "")
    #expect(run.errors.contains("Usage: backflow lesson"))
    if arguments == ["backprop"] {
      for name in names + ["all"] { #expect(run.errors.contains("- \(name)\n"), "\(name)") }
    }
  }

  @Test func `reports a path that it cannot write`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file").path
      try Data().write(to: URL(fileURLWithPath: file))
      let inFile = try backflow.run("lesson", "batch-norm", "--figures", file + "/figures")
      #expect(inFile.status == 1 && inFile.output == "")
      #expect(inFile.errors.hasPrefix("backflow: \(file)/figures: cannot be written: "))

      // A directory has the name of the figure.
      let taken = folder.appendingPathComponent("batch-norm.svg").path
      try FileManager.default.createDirectory(atPath: taken, withIntermediateDirectories: true)
      let overFolder = try backflow.run("lesson", "batch-norm", "--figures", folder.path)
      #expect(overFolder.status == 1)
      #expect(overFolder.errors.hasPrefix("backflow: \(taken): cannot be written: "))
    }
  }

  @Test func `has help for itself and its lessons`() throws {
    let run = try backflow.run("lesson", "--help")
    #expect(run.status == 0)
    for name in names { #expect(run.output.contains(name + ":")) }
  }

  #if !DEBUG
    // The numbers of a lesson depend on the instruction set; what it claims does not.
    @Test(.serialized, arguments: ["portable", "x86-64-v3", "x86-64-v4"])
    func `runs all lessons, whose claims hold on every instruction set`(name: String) throws {
      try withTemporaryFolder { folder in
        let backflow = Program(name: "backflow", environment: ["BACKFLOW_ISA": name])
        let run = try backflow.run("lesson", "all", "--format", "json", "--figures", folder.path)
        #expect(run.status == 0, "\(run.errors)")
        // A processor may lack an instruction set, but its name must be one.
        #expect(!run.errors.contains("must be one of"), "\(run.errors)")
        let lessons = try #require(
          try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
        #expect(lessons.compactMap { $0["lesson"] as? String } == names)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(names.map { $0 + ".svg" }).isSubset(of: files))
        #expect(files.count == 10)
        #expect(lessons.allSatisfy { ($0["findings"] as? [Any])?.isEmpty == false })

        for lesson in lessons {
          let claims = try #require(lesson["claims"] as? [[String: Any]])
          #expect(claims.count >= 4)
          for claim in claims { #expect(claim["holds"] as? Bool == true, "\(claim)") }
        }
        let runs = try #require(lessons[3]["runs"] as? [[String: Any]])
        #expect(runs.count == 9)
        for run in runs {
          #expect(
            Set(run.keys) == [
              "variant", "seed", "mean_return", "episodes_to_195", "silenced_share",
            ])
        }
      }
    }
  #endif
}
