internal import ArgumentParser
internal import BackflowConsole

@main
struct Backflow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backflow",
    abstract: "Train small networks on CPUs and find problems with their gradients.",
    version: "0.1.0",
    groupedSubcommands: [
      CommandGroup(
        name: "Training",
        subcommands: [
          TrainCommand.self, EvaluateCommand.self, PredictCommand.self, SampleCommand.self,
          ReportCommand.self,
        ]),
      CommandGroup(
        name: "Checkpoint",
        subcommands: [CheckCommand.self, StabilityCommand.self, ConvertCommand.self]),
      CommandGroup(
        name: "Learning",
        subcommands: [LessonCommand.self, SelfTestCommand.self]),
    ])

  static func main() { runProcess() }
}
