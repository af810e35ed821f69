internal import ArgumentParser
internal import Backflow
internal import Foundation

@main
struct BackflowBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backflow-benchmark",
    abstract: "Measure the throughput of forward and backward passes.",
    discussion: """
      Times are of one run of a workload: the median and the least over the samples. gflops counts \
      the products alone; peak is its share of the fused multiply-add peak measured in this run.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(help: "Threads; as many as there are processors if not given.")
  var threads: Int?

  @Option(help: "Only workloads whose name contains TEXT.")
  var filter: String?

  @Option(help: "Seconds for each workload.")
  var seconds = 1.0

  @Option(help: "Write the tensors of every selected workload below DIRECTORY instead of timing it.")
  var export: String?

  @Option(help: "The form of the results.")
  var format = Format.text

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    guard seconds > 0, seconds.isFinite else {
      throw ValidationError("--seconds must be positive.")
    }
    guard !selected.isEmpty else {
      let names = allWorkloads.map(\.name)
      throw ValidationError(
        "No workload contains '\(filter ?? "")'. There are: "
          + names.indices.filter { names.firstIndex(of: names[$0]) == $0 }
          .map { names[$0] }.joined(separator: ", "))
    }
  }

  private var selected: [Workload] {
    allWorkloads.filter { filter.map($0.name.contains) ?? true }
  }

  func run() throws {
    #if DEBUG
      FileHandle.standardError.write(
        Data("backflow-benchmark: a debug build says nothing of speed; use -c release\n".utf8))
      throw ExitCode.failure
    #else
      if let threads { Threads.count = threads }
      if let export { return try write(selected, to: export) }
      let machine = Machine(seconds: min(seconds, 0.5))
      if format == .text { print(TextTable.heading(machine, threads: Threads.count)) }
      var results: [BenchmarkResult] = []
      for workload in selected {
        let prepared = try workload.prepare()
        let measurement = Measurement(seconds: seconds, prepared.run)
        let result = BenchmarkResult(
          workload, measurement, threads: Threads.count, machine: machine)
        results.append(result)
        if format == .text { print(TextTable.line(result)) }
      }
      if format == .json { print(try json(machine, results)) }
    #endif
  }

  /// One folder a workload, one .npy file a tensor: what scripts/compare-peers computes again.
  private func write(_ workloads: [Workload], to directory: String) throws {
    for workload in workloads where workload.pass == .forwardBackward {
      let folder = URL(fileURLWithPath: directory).appendingPathComponent(workload.name)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for (name, tensor) in try workload.prepare().tensors() {
        try NPY.write(tensor, to: folder.appendingPathComponent(name + ".npy").path)
      }
    }
  }

  private struct Output: Encodable {
    let machine: Machine
    let results: [BenchmarkResult]
  }

  private func json(_ machine: Machine, _ results: [BenchmarkResult]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(Output(machine: machine, results: results))
    return String(decoding: data, as: UTF8.self)
  }
}
