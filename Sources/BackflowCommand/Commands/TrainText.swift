internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

extension TokenKind: ExpressibleByArgument {}

struct TrainText: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "text",
    abstract: "Train a language model of a text, character by character.",
    discussion: """
      The text is read by as many streams in parallel as a batch has samples, a window of --steps \
      characters at a time, and the state of the network is carried from window to window. The end \
      of the text is held out. Losses are in nats for each character.

      EXAMPLES
        backflow train text book.txt --layers 2 --hidden 128 --save runs/book
        backflow sample runs/book --length 500 --temperature 0.8
      """)

  enum Defaults: TrainingDefaults, NetworkDefaults {
    static let epochs = 30
    // An observation costs as much as one or two updates.
    static let health = 50
    static let cell = CellName.lstm
    static let hidden = 128
    static let layers = 2
  }

  @Argument(help: "A text in UTF-8.", completion: .file())
  var file: String

  @Option(help: "What is a token: a character of the text, or a byte.")
  var tokens = TokenKind.characters

  @Option(parsing: .unconditional, help: "The number of steps of a window.")
  var steps = 64

  @Option(parsing: .unconditional, help: "The number of features of a token.")
  var embedding = 64

  @OptionGroup(title: "Network") var recurrence: RecurrentOptions<Defaults>
  @OptionGroup(title: "Training") var heldOut: ValidationOption
  @OptionGroup(title: "Training") var training: TrainingOptions<Defaults>
  @OptionGroup(title: "Run") var options: RunOptions

  func validate() throws {
    try check("steps", steps, 1...100_000)
    try check("embedding", embedding, 1...10_000)
  }

  var kind: NetworkSettings.Kind { recurrence.cell.kind }

  func task() throws -> TaskSettings {
    TaskSettings(
      name: .text, file: try DataFile(at: file), validation: heldOut.validation, steps: steps,
      tokens: tokens)
  }

  func network(for data: TaskData) -> NetworkSettings {
    recurrence.settings(
      for: data, embedding: embedding, answersOnce: false, carriedBatch: training.batch)
  }
}
