internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct TrainSequence: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "sequence",
    abstract: "Train a recurrent network on sequences from a file.",
    discussion: """
      FILE is an .npz or .safetensors file with the sequences x, [N, T, I], and the targets y: \
      integers of shape [N] or [N, T] for classes, or floating-point numbers of shape [N, O] or \
      [N, T, O]. With one target for each sequence, the network answers after the last step.

      EXAMPLES
        backflow train sequence signals.npz --cell gru --hidden 64 --save runs/signals
      """)

  enum Defaults: TrainingDefaults, NetworkDefaults {
    static let epochs = 30
    static let cell = CellName.gru
    static let hidden = 64
    static let layers = 1
  }

  @Argument(help: "A file with the tensors x and y.", completion: .file())
  var file: String

  @OptionGroup(title: "Network") var recurrence: RecurrentOptions<Defaults>
  @OptionGroup(title: "Training") var heldOut: ValidationOption
  @OptionGroup(title: "Training") var training: TrainingOptions<Defaults>
  @OptionGroup(title: "Run") var options: RunOptions

  var kind: NetworkSettings.Kind { recurrence.cell.kind }

  func task() throws -> TaskSettings {
    TaskSettings(name: .sequence, file: try DataFile(at: file), validation: heldOut.validation)
  }

  func network(for data: TaskData) throws -> NetworkSettings {
    recurrence.settings(for: data, answersOnce: data.answersOnce)
  }
}
