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
      let layers = ["mlp/b1/i64/h64"] + ["rnn", "lstm", "gru"].map { "\($0)/b1/t100/i32/h64" }
      let passes = layers.flatMap { ["\($0) forward", "\($0) forward_backward"] }
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
  ])
  func `reports a wrong option with the usage and code 64`(arguments: [String]) throws {
    let run = try benchmark.run(arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains("Usage: backflow-benchmark"))
  }
}
