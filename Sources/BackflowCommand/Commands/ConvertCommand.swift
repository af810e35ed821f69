internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a checkpoint to another format.",
    discussion: """
      INPUT is a file of PyTorch (.pt, .pth, TorchScript), safetensors or NumPy (.npy, .npz), a \
      directory of .npy files, or a run of `backflow train`, whose network is written. \
      The extension of OUTPUT selects its format: .safetensors, .npz, .npy for a single tensor, or none for a directory. Values are copied exactly. Entries that \
      are not tensors, and metadata that the format does not have, are listed and not written.
      """)

  @Argument(help: "The checkpoint to read.")
  var input: String

  @Argument(help: "The checkpoint to write.")
  var output: String

  @Option(help: "Write only the tensors and the metadata under this prefix, without the prefix.")
  var prefix: String?

  func run() throws {
    do {
      var checkpoint = try checkpointOrRun(input)
      var lost = checkpoint.omissions.map { "\($0.name): \($0.reason)" }
      if let prefix {
        checkpoint = checkpoint.part(prefix)
        lost = prefix.isEmpty ? lost : lost.filter { $0.hasPrefix(prefix + ".") }
        guard !checkpoint.tensors.isEmpty else {
          complain("\(input): no tensor has the prefix \(prefix)")
          throw ExitCode.failure
        }
      }
      if !output.lowercased().hasSuffix(".safetensors") {
        lost += checkpoint.metadata.keys.map { "\($0): metadata, which only safetensors has" }
        checkpoint.metadata = [:]
      }
      try checkpoint.write(to: output)
      let count = checkpoint.tensors.count
      say("\(output): \(count) \(count == 1 ? "tensor" : "tensors") written")
      report(lost)
    } catch let code as ExitCode {
      throw code
    } catch {
      throw failure(error)
    }
  }

  /// Lists what was not written, on standard error.
  private func report(_ lost: [String]) {
    for entry in lost.prefix(10) {
      complain("\(input): not written: \(escaped(entry, limit: 200))")
    }
    if lost.count > 10 { complain("\(input): not written: \(lost.count - 10) more entries") }
  }
}
