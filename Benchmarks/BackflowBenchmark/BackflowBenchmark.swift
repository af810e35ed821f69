internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import BackflowFiles
internal import Foundation

@main
struct BackflowBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backflow-benchmark",
    abstract: "Measure the throughput of forward and backward passes.",
    discussion: """
      Each time is that of one run of a workload: the median and the minimum over the samples. \
      GFLOP/s counts only the products. "Of peak" is the share of the multiply-add peak, measured in \
      this run, of as many cores as there are threads. The cost of a monitor is the median over \
      consecutive pairs of runs with and without it.
      """,
    version: "0.1.0")

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(
    help: "The number of threads. (default: BACKFLOW_NUM_THREADS, or the available processors)")
  var threads: Int?

  @Option(help: ArgumentHelp("Run only workloads whose names contain TEXT.", valueName: "text"))
  var filter: String?

  @Option(help: ArgumentHelp("The time for each workload, in seconds.", valueName: "s"))
  var seconds = 1.0

  @Option(
    help: "Write the tensors of the selected workloads to DIRECTORY instead of timing them.")
  var export: String?

  @Flag(
    help: """
      Time the workloads that standard input names, for another program that alternates between \
      several: after the line "prepare WORKLOAD PASS", each line "measure SECONDS" is answered by \
      the times.
      """)
  var resident = false

  @Option(help: "The format of the results.")
  var format = Format.text

  func validate() throws {
    try checkThreads(threads)
    if let export, export.isEmpty {
      throw ValidationError("--export must be the name of a directory.")
    }
    guard seconds > 0, seconds <= 86_400 else {
      throw ValidationError("--seconds must be positive and at most 86400 (a day), got \(seconds).")
    }
    guard !resident || (export == nil && filter == nil) else {
      throw ValidationError("--resident cannot be combined with --export or --filter.")
    }
    guard !selected.isEmpty else {
      let names = allWorkloads.map(\.name)
      throw ValidationError(
        "No workload contains '\(filter ?? "")'. The workloads are: "
          + names.indices.filter { names.firstIndex(of: names[$0]) == $0 }
          .map { names[$0] }.joined(separator: ", "))
    }
  }

  private var selected: [Workload] {
    allWorkloads.filter { filter.map($0.name.contains) ?? true }
  }

  static func main() { runProcess() }

  func run() throws {
    #if DEBUG
      complain("a debug build is not representative of the speed; use -c release")
      throw ExitCode.failure
    #else
      if let threads { Threads.count = threads }
      if resident {
        var process = ResidentProcess()
        return try process.answer()
      }
      if let export {
        do {
          return try write(selected, to: export)
        } catch {
          complain("\(error)")
          throw ExitCode.failure
        }
      }
      var machine = Machine(seconds: max(0.2, min(seconds, 0.5)))
      if format == .text { say(TextTable.heading(machine, threads: Threads.count)) }
      var measured: [(workload: Workload, measurement: Measurement)] = []
      for workload in selected {
        let prepared = try workload.prepare()
        measured.append(
          (
            workload,
            Measurement(
              seconds: seconds, perRun: prepared.repetitions, prepared.run,
              baseline: prepared.baseline)
          ))
        if format == .text { say(TextTable.line(results(measured.suffix(1), machine)[0])) }
      }
      // Measured again, because other load during the first measurement may have ended.
      let first = machine.fmaPeakGflops
      machine.fmaPeakGflops = max(first, Machine.measureMultiplyAddPeak(seconds: 0.2))
      switch format {
      case .json: say(try json(machine, results(measured[...], machine)))
      case .text where machine.fmaPeakGflops > 1.05 * first:
        say(TextTable.peakNote(first, machine.fmaPeakGflops))
      case .text: break
      }
    #endif
  }

  /// Writes a directory for each workload with an .npy file for each tensor, for
  /// scripts/compare-peers to recompute.
  private func write(_ workloads: [Workload], to directory: String) throws {
    var names: Set<String> = []
    for workload in workloads where names.insert(workload.name).inserted {
      let tensors = try workload.prepare().tensors()
      if tensors.isEmpty { continue }
      let folder = directory + "/" + workload.name
      try WholeFile.makeFolder(folder)
      for (name, tensor) in tensors {
        try NPY.write(tensor, to: "\(folder)/\(name).npy")
      }
    }
  }

  private func results(
    _ measured: ArraySlice<(workload: Workload, measurement: Measurement)>, _ machine: Machine
  ) -> [BenchmarkResult] {
    measured.map {
      BenchmarkResult($0.workload, $0.measurement, threads: Threads.count, machine: machine)
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
