internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

/// The options of what a training prints and saves.
struct RunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A directory for the run: configuration, checkpoint, metrics and report.",
      valueName: "directory"), completion: .directory)
  var save: String?

  @Flag(help: "Continue the run in --save, with the same result as without the interruption.")
  var resume = false

  @Flag(help: "Begin anew, and remove the run that --save has.")
  var replace = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The time between checkpoints. A checkpoint is also written after an epoch, unless the last one is less than a second old.",
      valueName: "seconds"))
  var checkpointEvery = 60.0

  @Flag(inversion: .prefixedNo, help: "Write the report of the run at the end.")
  var report = true

  @Flag(name: .shortAndLong, help: "Print the result, findings and errors only.")
  var quiet = false

  func validate() throws {
    guard checkpointEvery >= 0 else {
      throw ValidationError("--checkpoint-every must not be negative, got \(checkpointEvery).")
    }
    if resume || replace {
      guard save != nil else {
        throw ValidationError("--\(resume ? "resume" : "replace") needs --save, the run.")
      }
      guard !(resume && replace) else {
        throw ValidationError("--resume and --replace exclude each other.")
      }
    }
    if let save, save.isEmpty {
      throw ValidationError("--save must be the name of a directory.")
    }
  }
}
