internal import ArgumentParser
internal import Backflow
internal import BackflowConsole
internal import BackflowSelfTest

struct SelfTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Compare the analyses of stability with known figures.",
    discussion: """
      Computes Lyapunov exponents, Kreiss constants, pseudospectra, fixed points and eigenvalues of \
      systems whose figures are known in closed form or published, and prints each beside its known \
      value and tolerance. The exit code is 1 if a figure is out of tolerance.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(help: "The format of the report.")
  var format = Format.text

  @Option(help: ArgumentHelp("Only cases whose names contain this text.", valueName: "text"))
  var only: String?

  @Option(
    help: "The number of threads. (default: BACKFLOW_NUM_THREADS, or the available processors)")
  var threads: Int?

  func validate() throws {
    try checkThreads(threads)
    if chosen.isEmpty {
      throw ValidationError("no case contains \"\(only ?? "")\" in its name.")
    }
  }

  private var chosen: [SelfTestCase] {
    SelfTest.cases.filter { only.map($0.name.contains) ?? true }
  }

  func run() throws {
    if let threads { Threads.count = threads }
    var outcomes: [SelfTestCase.Outcome] = []
    for selfTest in chosen {
      let outcome = selfTest.run()
      outcomes.append(outcome)
      if format == .text { say("\(outcome)\n") }
    }
    let failed = outcomes.count { !$0.passes }
    switch format {
    case .json: say(try json(outcomes))
    case .text:
      say(
        failed == 0
          ? "All figures agree with the known ones, in \(cases(outcomes.count))."
          : "\(failed) of \(cases(outcomes.count)) failed.")
    }
    if failed > 0 { throw ExitCode.failure }
  }

  private func cases(_ count: Int) -> String { "\(count) case\(count == 1 ? "" : "s")" }
}
