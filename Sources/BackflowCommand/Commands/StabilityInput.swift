internal import Backflow
internal import BackflowConsole
internal import Foundation

/// The input along which `backflow stability` runs the networks of a checkpoint.
struct StabilityInput {
  /// The input, or `nil` for none.
  let sequence: SequenceInput?
  /// The number of samples by default.
  let defaultSamples: Int

  /// Reads the input that a user names, or the samples that were held out in the training of a run.
  init(_ name: String?, lengths: String?, for checkpoint: String, layer: String?) throws {
    if let name {
      let (path, tensor) = StabilityInput.file(of: name)
      let ends = try lengths.map { lengths in
        let (path, tensor) = StabilityInput.file(of: lengths)
        return (tensor, try Checkpoint(contentsOf: path))
      }
      sequence = try SequenceInput(tensor, in: Checkpoint(contentsOf: path), lengths: ends)
      defaultSamples = Stability.Options().samples
    } else if layer == nil, let input = try StabilityInput.heldOut(in: checkpoint) {
      sequence = try SequenceInput(input, name: "the held-out samples")
      defaultSamples = exponentSamples(steps: input.shape[0])
    } else {
      (sequence, defaultSamples) = (nil, Stability.Options().samples)
    }
  }

  /// Returns what the recurrent layer of a run reads of the samples that were held out, or `nil`
  /// for another checkpoint.
  private static func heldOut(in path: String) throws -> Tensor<Double>? {
    guard RunFolder(path: path).hasConfiguration else { return nil }
    let run = try SavedRun(path)
    do {
      return try run.recurrentInput().map { Tensor<Double>($0) }
    } catch {
      complain("\(error); the analysis runs without input")
      return nil
    }
  }

  /// Splits FILE:TENSOR at the first colon after which the rest is not part of the file's name.
  static func file(of name: String) -> (path: String, tensor: String?) {
    if FileManager.default.fileExists(atPath: name) { return (name, nil) }
    for colon in name.indices where name[colon] == ":" {
      let path = String(name[..<colon])
      if !path.isEmpty, FileManager.default.fileExists(atPath: path) {
        return (path, String(name[name.index(after: colon)...]))
      }
    }
    return (name, nil)
  }
}
