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
      Set(one.keys) == ["lesson", "failure", "findings", "cure", "seconds"])
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
    @Test func `runs all lessons, whose cures are better than their failures`() throws {
      try withTemporaryFolder { folder in
        let run = try backflow.run("lesson", "all", "--format", "json", "--figures", folder.path)
        #expect(run.status == 0, "\(run.errors)")
        let lessons = try #require(
          try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
        #expect(lessons.compactMap { $0["lesson"] as? String } == names)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == Set(names.map { $0 + ".svg" }))
        #expect(lessons.allSatisfy { ($0["findings"] as? [Any])?.isEmpty == false })

        func measure(_ lesson: Int, _ part: String, _ key: String) throws -> Double {
          let account = try #require(lessons[lesson][part] as? [String: Any])
          return try #require((account["measures"] as? [String: Double])?[key], "\(key)")
        }
        #expect(try measure(0, "failure", "accuracy") < 0.3)
        #expect(try measure(0, "cure", "scaled_accuracy") > 0.9)
        #expect(try measure(0, "cure", "normalized_accuracy") > 0.9)
        #expect(try measure(1, "failure", "dead_share_after_further_training") >= 0.4)
        #expect(try measure(1, "failure", "accuracy") < 0.6)
        #expect(try measure(1, "cure", "small_rate_accuracy") > 0.95)
        #expect(try measure(1, "cure", "leaky_accuracy") > 0.9)
        #expect(try measure(2, "failure", "accuracy") < 0.2)
        #expect(try measure(2, "cure", "clipped_accuracy") > 0.7)
        #expect(try measure(2, "cure", "lstm_accuracy") > 0.7)
        #expect(try measure(3, "failure", "mean_return") < 60)
        #expect(try measure(3, "cure", "huber_mean_return") > 180)
        #expect(try measure(3, "cure", "gradient_norm_mean_return") > 180)
        let wrong = try measure(4, "failure", "bias_norm")
        #expect(try measure(4, "cure", "bias_norm") < 1e-3 * wrong)

        let runs = try #require(lessons[3]["runs"] as? [[String: Any]])
        #expect(runs.count == 15)
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
