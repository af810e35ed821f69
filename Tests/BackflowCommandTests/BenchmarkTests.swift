import Foundation
import Testing

@Suite struct `backflow-benchmark` {
  let benchmark = Program(name: "backflow-benchmark")

  #if DEBUG
    @Test func `refuses to time a debug build`() throws {
      let run = try benchmark.run()
      #expect(run.status == 1)
      #expect(run.errors.contains("-c release"))
    }
  #else
    @Test func `measures every workload and both passes`() throws {
      let run = try benchmark.run(
        "--filter", "b1/", "--seconds", "0.02", "--threads", "1", "--format", "json")
      #expect(run.status == 0, "\(run.errors)")
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      let machine = try #require(object["machine"] as? [String: Any])
      for key in ["cpu", "blas"] { #expect(machine[key] is String) }
      for key in ["cores", "fma_peak_gflops", "sgemm_peak_gflops"] {
        #expect((machine[key] as? Double).map { $0 > 0 } == true)
      }
      let results = try #require(object["results"] as? [[String: Any]])
      let layers =
        ["mlp/b1/i64/h64"]
        + ["rnn", "lstm", "gru", "original-gru", "leaky-rnn"].map { "\($0)/b1/t100/i32/h64" }
      let passes = layers.flatMap { layer in
        ["forward", "served", "forward_backward"].map { "\(layer) \($0)" }
      }
      let trainings = ["training", "monitored_every_10", "monitored_every_step", "tested_every_10"]
        .map { "train/mlp/b1/i20/h8 \($0)" }
      let rows = results.map { "\($0["workload"] ?? "") \($0["pass"] ?? "")" }
      #expect(rows == passes + trainings)
      for result in results {
        #expect(result["scalar"] as? String == "float32")
        #expect(result["threads"] as? Int == 1)
        let numbers = ["median_ms", "min_ms", "samples", "gflops", "peak_fraction"]
          .compactMap { result[$0] as? Double }
        #expect(numbers.count == 5)
        #expect(numbers.allSatisfy { $0 > 0 })
        #expect(numbers[1] <= numbers[0])
      }
    }

    @Test(arguments: [
      "depthwise/", "attention/", "layernorm/", "batchnorm/", "bidirectional-lstm/",
      "ragged-lstm/", "step/", "train/charlm/", "spectral_radius/n256", "mlp/b32/i784/h128/f64",
    ])
    func `verifies the result of a workload before it times it`(workload: String) throws {
      let run = try benchmark.run(
        "--filter", workload, "--seconds", "0.01", "--format", "json")
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("\"workload\" : \"\(workload)"))
    }

    @Test func `answers the requests of another program in order`() throws {
      let requests = """
        measure 0.01
        prepare step/gru/h128 forward
        measure 0.01
        measure 0
        prepare step/gru/h128 training
        measure 0.01
        something else
        """
      let run = try benchmark.run(
        ["--resident", "--threads", "1"], redirected: "<<'END'\n\(requests)\nEND")
      #expect(run.status == 0, "\(run.errors)")
      let answers = try run.output.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      try #require(answers.count == 7)
      #expect(answers[1]["scalar"] as? String == "float32")
      #expect(answers[1]["flops"] as? Double == 6.0 * 128 * 192)
      for key in ["samples", "median_ms", "min_ms"] {
        #expect((answers[2][key] as? Double).map { $0 > 0 } == true)
      }
      #expect(
        [0, 3, 4, 5, 6].map { answers[$0]["error"] as? String } == [
          "no workload is prepared", "'0' is not a number of seconds",
          "there is no workload step/gru/h128 training", "no workload is prepared",
          "'something else' is not a request",
        ])
    }

    @Test func `exports the tensors of a workload for other programs`() throws {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("backflow-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      let run = try benchmark.run("--filter", "ragged-lstm/", "--export", folder.path)
      #expect(run.status == 0, "\(run.errors)")
      let files = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("ragged-lstm/b32/t64/i64/h128").path)
      let parameters = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
      let names =
        ["input", "lengths", "state0", "state1", "output", "output_gradient"]
        + ["gradient.input", "gradient.state0", "gradient.state1"]
        + parameters.flatMap { ["parameter.\($0)", "gradient.\($0)"] }
      #expect(Set(files) == Set(names.map { $0 + ".npy" }))
    }

    @Test func `reports why it cannot export`() throws {
      let run = try benchmark.run("--filter", "mlp/b1/", "--export", "/dev/null")
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errors.hasPrefix("backflow-benchmark: /dev/null/"))
      #expect(run.errors.contains("a component of the path is not a directory"), "\(run.errors)")
    }

    @Test func `checks the eigenvalues it times`() throws {
      let run = try benchmark.run("--filter", "eigenvalues/n64", "--seconds", "0.02")
      #expect(run.status == 0)
      #expect(run.output.contains("eigenvalues/n64"))
    }
  #endif

  @Test(arguments: [
    ["--threads", "0"], ["--seconds", "-1"], ["--seconds", "1e30"], ["--seconds", "nan"],
    ["--filter", "nothing like this"], ["--unknown"], ["--export", ""],
    ["--resident", "--filter", "mlp"],
  ])
  func `reports a wrong option with the usage and code 64`(arguments: [String]) throws {
    let run = try benchmark.run(arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains("Usage: backflow-benchmark"))
  }
}
