internal import ArgumentParser
internal import Backflow
internal import BackflowConsole

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a checkpoint to another format.",
    discussion: """
      INPUT is a file of PyTorch (.pt, .pth, TorchScript), safetensors or NumPy (.npy, .npz), or a \
      directory of .npy files. The extension of OUTPUT selects its format: .safetensors, .npz, \
      .npy for a single tensor, or none for a directory. Values are copied exactly. Entries that \
      are not tensors, and metadata that the format does not have, are listed and not written.
      """)

  @Argument(help: "The checkpoint to read.")
  var input: String

  @Argument(help: "The checkpoint to write.")
  var output: String

  @Option(help: "Write only the tensors under this prefix, without the prefix.")
  var prefix: String?

  func run() throws {
    do {
      var checkpoint = try Checkpoint(contentsOf: input)
      if let prefix {
        checkpoint.tensors = checkpoint.under(prefix)
        guard !checkpoint.tensors.isEmpty else {
          complain("\(input): no tensor has the prefix \(prefix)")
          throw ExitCode.failure
        }
      }
      try checkpoint.write(to: output)
      let count = checkpoint.tensors.count
      say("\(output): \(count) \(count == 1 ? "tensor" : "tensors") written")
      for omission in checkpoint.omissions {
        complain("\(input): not written: \(omission.name), \(omission.reason)")
      }
      let hasMetadata = output.lowercased().hasSuffix(".safetensors")
      if !hasMetadata, !checkpoint.metadata.isEmpty {
        complain(
          "\(input): not written: \(checkpoint.metadata.count) texts of metadata, which only"
            + " safetensors has")
      }
    } catch let code as ExitCode {
      throw code
    } catch {
      throw failure(error)
    }
  }
}
