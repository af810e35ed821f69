internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Report what can be said of a checkpoint without running the model.",
    discussion: """
      FILE is a file of PyTorch (.pt, .pth, TorchScript), safetensors or NumPy (.npy, .npz), a \
      directory of .npy files, or a run of `backflow train`. Nothing in it is executed. The report has the shape, type and \
      statistics of each tensor, NaN and infinite elements, zero, constant and repeated rows, the \
      singular values of each matrix in summary, and the recurrent layers with the spectral radius \
      of each gate.

      With --against, the inputs of a recording are run through the recurrent layers, and the \
      outputs are compared with the recorded ones under several conventions. The recording has the \
      tensors input [T, B, I] and output [T, B, D·H], and optionally h_0 and c_0. If the checkpoint \
      has several networks, their names and a dot precede these names.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Argument(help: "A checkpoint.")
  var file: String

  @Option(
    help: ArgumentHelp(
      "A recording of inputs and outputs, in a format of checkpoints.", valueName: "file"))
  var against: String?

  @Option(help: "The format of the report.")
  var format = Format.text

  func run() throws {
    do {
      let checkpoint = try checkpointOrRun(file)
      if let against {
        let report = try ReplayReport(of: checkpoint, against: Checkpoint(contentsOf: against))
        try show(report)
        if !report.isMatch { throw ExitCode.failure }
      } else {
        try show(try CheckpointReport(of: checkpoint))
      }
    } catch let code as ExitCode {
      throw code
    } catch {
      throw failure(error)
    }
  }

  private func show(_ report: some Encodable & CustomStringConvertible) throws {
    switch format {
    case .text: say("\(report)")
    case .json: say(try json(report))
    }
  }
}
