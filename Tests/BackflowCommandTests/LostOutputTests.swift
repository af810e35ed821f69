import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Output that cannot be written` {
  let backflow = Program(name: "backflow")
  let training = ["train", "digits", "--epochs", "2", "--hidden", "4"]

  /// The checkpoint that training saves.
  private func saved(in folder: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder + "/checkpoint.safetensors"))
  }

  @Test(arguments: [
    (">/dev/full", "No space left on device"), (">&-", "Bad file descriptor"),
    ("<&- >&-", "Bad file descriptor"),
  ])
  func `does not prevent training from saving`(redirections: String, reason: String) throws {
    try withTemporaryFolder { folder in
      let (whole, lost) = (folder.path + "/whole", folder.path + "/lost")
      #expect(try backflow.run(training + ["--no-report", "--save", whole]).status == 0)
      let run = try backflow.run(
        training + ["--no-report", "--save", lost], redirected: redirections)
      #expect(run.status == 74)
      #expect(
        run.errors
          == "backflow: standard output could not be written: \(reason); some output is lost\n")
      #expect(try saved(in: lost) == saved(in: whole))
    }
  }

  @Test(arguments: [">/dev/full 2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-"])
  func `is reported by the exit code if nothing else can`(redirections: String) throws {
    try withTemporaryFolder { folder in
      let (whole, lost) = (folder.path + "/whole", folder.path + "/lost")
      #expect(try backflow.run(training + ["--no-report", "--save", whole]).status == 0)
      let run = try backflow.run(
        training + ["--no-report", "--save", lost], redirected: redirections)
      #expect(run.status == 74)
      #expect(try saved(in: lost) == saved(in: whole))
    }
  }

  @Test func `to a log of limited size causes no signal`() throws {
    try withTemporaryFolder { folder in
      // The shell would pass on an ignored signal; it does not ignore this one.
      let shell = Program(name: "/bin/sh")
      let run = try shell.run(
        [
          "-c", "ulimit -f 0; exec \"$0\" \"$@\" >\(folder.path)/log", backflow.url.path,
        ] + training)
      #expect(run.status == 74)
      #expect(run.errors.contains("standard output could not be written: File too large"))
    }
  }

  @Test func `to a pipe without a reader causes no signal`() throws {
    let (process, errors) = (Process(), Pipe())
    let output = Pipe()
    process.executableURL = backflow.url
    process.arguments = training
    process.standardOutput = output
    process.standardError = errors
    try output.fileHandleForReading.close()
    try process.run()
    let message = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 74)
    #expect(message.contains("standard output could not be written: Broken pipe"))
  }

  @Test func `is noticed by every command`() throws {
    try withTemporaryFolder { folder in
      let weight = folder.path + "/w.npy"
      try NPY.write(Tensor<Double>(rows: [[0, -0.5], [0.5, 0]]), to: weight)
      for arguments in [
        ["stability", weight], ["stability", weight, "--format", "json"],
        ["lesson", "batch-norm"], ["--help"], ["--version"], ["help", "train"],
        ["train", "digits", "--help"], ["--generate-completion-script", "bash"],
      ] {
        for redirection in [">/dev/full", ">&-"] {
          let run = try backflow.run(arguments, redirected: redirection)
          #expect(run.status == 74, "\(arguments) \(redirection)")
          #expect(run.errors.contains("standard output could not be written"), "\(arguments)")
        }
      }
      let help = try Program(name: "backflow-benchmark").run(["--help"], redirected: ">/dev/full")
      #expect(help.status == 74)
      #expect(help.errors.hasPrefix("backflow-benchmark: standard output could not be written"))
    }
  }

  #if !DEBUG
    @Test(arguments: ["text", "json"])
    func `is noticed by the benchmark`(format: String) throws {
      let run = try Program(name: "backflow-benchmark").run(
        ["--filter", "mlp/b1/", "--seconds", "0.01", "--format", format], redirected: ">/dev/full")
      #expect(run.status == 74)
    }
  #endif

  // A failure keeps its own code, which is more specific.
  @Test(arguments: ["2>/dev/full", "2>&-"])
  func `of an error keeps the code of the error`(redirections: String) throws {
    for (arguments, status) in [
      (["stability", "/nowhere/w.npy"], 65), (["train", "digits", "--epochs", "0"], 64),
      (["train", "digits", "--hidden", "4", "--learning-rate", "1e38"], 1),
    ] as [([String], Int32)] {
      let run = try backflow.run(arguments, redirected: redirections)
      #expect(run.status == status, "\(arguments)")
    }
  }

  @Test func `to standard error alone is also reported`() throws {
    let complaining = Program(name: "backflow", environment: ["BACKFLOW_NUM_THREADS": "many"])
    let run = try complaining.run(training, redirected: "2>/dev/full")
    #expect(run.status == 74)
    #expect(run.output.contains("held out: loss"))
  }
}
