internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network, and save the run.",
    discussion: """
      EXAMPLES
        backflow train digits --save runs/digits
        backflow train csv houses.csv --target price --save runs/houses
        backflow train text book.txt --layers 2 --hidden 128 --save runs/book
        backflow train text book.txt --layers 2 --hidden 128 --save runs/book --resume

      A run is a directory with everything that is needed to continue it, to use its network \
      (sample, evaluate, predict, stability) and to look at it (report, TensorBoard). The same seed \
      and number of threads give the same network, bit for bit, on processors with the same \
      instruction set, also if the training was interrupted and continued with --resume.
      """,
    subcommands: [
      TrainDigits.self, TrainCSV.self, TrainText.self, TrainSequence.self, TrainAdding.self,
      TrainCopy.self,
    ])
}

/// A command that trains a network for a task.
protocol TaskCommand: ParsableCommand {
  associatedtype Defaults: TrainingDefaults
  var training: TrainingOptions<Defaults> { get }
  var options: RunOptions { get }
  /// What is trained on.
  func task() throws -> TaskSettings
  /// The kind of network, where data depend on it.
  var kind: NetworkSettings.Kind { get }
  /// The network for the data.
  func network(for data: TaskData) throws -> NetworkSettings
}

extension TaskCommand {
  func run() throws {
    do {
      if let threads = training.threads { Threads.count = threads }
      let (task, settings) = (try task(), training.settings)
      let data = try task.load(batch: settings.batch, seed: settings.seed, for: kind)
      try train(
        on: data,
        RunConfiguration(task: task, network: try network(for: data), training: settings),
        StatedSettings(
          epochs: training.epochs, patience: training.patience, threads: training.threads),
        options)
    } catch let code as ExitCode {
      throw code
    } catch {
      throw failure(error)
    }
  }
}

/// The share of the samples that is held out.
struct ValidationOption: ParsableArguments {
  @Option(
    parsing: .unconditional, help: "The share of the samples that is held out for validation.")
  var validation = 0.1

  func validate() throws { try checkShare("validation", validation) }
}
