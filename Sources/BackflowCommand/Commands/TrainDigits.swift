internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct TrainDigits: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "digits",
    abstract: "Train a small network to classify handwritten digits.",
    discussion: """
      A recurrent network (rnn, lstm, gru) reads an image row by row; a convolution reads it as a \
      whole. Trains on four fifths of the 1,797 images, which are part of Backflow, and reports the \
      accuracy on the held-out fifth.

      EXAMPLES
        backflow train digits
        backflow train digits --model lstm --save runs/digits
      """)

  enum Defaults: TrainingDefaults {
    static let epochs = 40
    static let learningRate = 0.01
  }

  enum Model: String, ExpressibleByArgument, CaseIterable {
    case rnn, lstm, gru, convolution

    var kind: NetworkSettings.Kind {
      switch self {
      case .rnn: .rnn
      case .lstm: .lstm
      case .gru: .gru
      case .convolution: .convolution
      }
    }
  }

  @Option(help: "The kind of network.")
  var model = Model.rnn

  @Option(
    parsing: .unconditional,
    help: "The number of hidden units of a recurrent network. (default: 64; 128 for lstm)")
  var hidden: Int?

  @OptionGroup(title: "Training") var training: TrainingOptions<Defaults>
  @OptionGroup(title: "Run") var options: RunOptions

  func validate() throws {
    try check("hidden", hidden ?? 1, 1...10_000)
    if model == .convolution, hidden != nil {
      throw ValidationError("--hidden applies only to recurrent networks, not to a convolution.")
    }
  }

  var kind: NetworkSettings.Kind { model.kind }

  func task() -> TaskSettings { TaskSettings(name: .digits, validation: 0.2) }

  func network(for data: TaskData) -> NetworkSettings {
    NetworkSettings(
      kind: kind, inputs: data.inputs, hidden: hidden ?? (model == .lstm ? 128 : 64), layers: 1,
      dropout: 0, outputs: data.outputs, answersOnce: true)
  }
}
