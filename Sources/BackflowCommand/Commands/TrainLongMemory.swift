internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct TrainAdding: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "adding",
    abstract: "Train a recurrent network on the adding problem, a test of long memory.",
    discussion: """
      Two numbers of a long sequence are marked, and the network has to add them at its end \
      (Hochreiter and Schmidhuber, 1997). Every epoch draws new sequences.

      EXAMPLES
        backflow train adding --steps 100 --cell lstm
      """)

  enum Defaults: TrainingDefaults, NetworkDefaults {
    static let epochs = 50
    static let learningRate = 0.01
    static let cell = CellName.lstm
    static let hidden = 64
    static let layers = 1
  }

  @Option(parsing: .unconditional, help: "The number of steps of a sequence.")
  var steps = 50

  @Option(parsing: .unconditional, help: "The number of sequences of an epoch.")
  var samples = 2000

  @OptionGroup(title: "Network") var recurrence: RecurrentOptions<Defaults>
  @OptionGroup(title: "Training") var training: TrainingOptions<Defaults>
  @OptionGroup(title: "Run") var options: RunOptions

  func validate() throws {
    try check("steps", steps, 2...100_000)
    try checkBatch(training.batch, steps: steps, features: 2)
    try check("samples", samples, 1...100_000_000)
  }

  var kind: NetworkSettings.Kind { recurrence.cell.kind }

  func task() -> TaskSettings {
    TaskSettings(name: .adding, validation: 0, steps: steps, samples: samples)
  }

  func network(for data: TaskData) -> NetworkSettings {
    recurrence.settings(for: data, answersOnce: true)
  }
}

struct TrainCopy: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy",
    abstract: "Train a recurrent network on the copy task, a test of long memory.",
    discussion: """
      The network reads symbols, waits for --delay steps, and has to repeat the symbols \
      (Arjovsky et al., 2016). Every epoch draws new sequences.

      EXAMPLES
        backflow train copy --delay 30 --cell gru
      """)

  enum Defaults: TrainingDefaults, NetworkDefaults {
    static let epochs = 50
    static let learningRate = 0.01
    static let cell = CellName.gru
    static let hidden = 128
    static let layers = 1
  }

  @Option(parsing: .unconditional, help: "The number of steps of the pause.")
  var delay = 10

  @Option(parsing: .unconditional, help: "The number of symbols to repeat.")
  var length = 5

  @Option(parsing: .unconditional, help: "The number of different symbols.")
  var symbols = 8

  @Option(parsing: .unconditional, help: "The number of sequences of an epoch.")
  var samples = 2000

  @OptionGroup(title: "Network") var recurrence: RecurrentOptions<Defaults>
  @OptionGroup(title: "Training") var training: TrainingOptions<Defaults>
  @OptionGroup(title: "Run") var options: RunOptions

  func validate() throws {
    try check("delay", delay, 1...100_000)
    try check("length", length, 1...10_000)
    try check("symbols", symbols, 1...10_000)
    try checkBatch(training.batch, steps: delay + 2 * length, features: symbols + 2)
    try check("samples", samples, 1...100_000_000)
  }

  var kind: NetworkSettings.Kind { recurrence.cell.kind }

  func task() -> TaskSettings {
    TaskSettings(
      name: .copy, validation: 0,
      copy: CopySettings(delay: delay, length: length, symbols: symbols), samples: samples)
  }

  func network(for data: TaskData) -> NetworkSettings {
    recurrence.settings(for: data, answersOnce: false)
  }
}

/// Checks that the numbers of a batch fit into memory.
private func checkBatch(_ batch: Int, steps: Int, features: Int) throws {
  // The last batch of the validation may have 200 sequences.
  let count = max(batch, 200) * steps * features
  guard count <= 1 << 28 else {
    throw ValidationError(
      "a batch of \(batch) sequences of \(steps) steps with \(features) features has \(count) numbers;"
        + " choose a smaller --batch or shorter sequences.")
  }
}
