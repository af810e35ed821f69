internal import ArgumentParser
internal import BackflowConsole

@main
struct Backflow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backflow",
    abstract: "Train small networks on CPUs and find problems with their gradients.",
    version: "0.1.0",
    subcommands: [
      Train.self, CheckCommand.self, ConvertCommand.self, StabilityCommand.self,
      LessonCommand.self, SelfTestCommand.self,
    ])

  static func main() { runProcess() }
}
