internal import Backflow
internal import BackflowFiles
internal import Foundation

/// The input along which `backflow stability` runs the networks of a checkpoint.
struct StabilityInput {
  /// The input, or `nil` for none.
  let sequence: SequenceInput?
  /// The number of samples by default.
  let defaultSamples: Int

  /// Reads the input that a user names, or the held-out digits for a directory of a network that
  /// was trained on them.
  init(_ name: String?, lengths: String?, for checkpoint: String, layer: String?) throws {
    if let name {
      let (path, tensor) = StabilityInput.file(of: name)
      let ends = try lengths.map { lengths in
        let (path, tensor) = StabilityInput.file(of: lengths)
        return (tensor, try Checkpoint(contentsOf: path))
      }
      sequence = try SequenceInput(tensor, in: Checkpoint(contentsOf: path), lengths: ends)
      defaultSamples = Stability.Options().samples
    } else if layer == nil, try StabilityInput.isTrainedOnDigits(checkpoint) {
      let images = try Digits.load().split.heldOut.rowsAsSequence
      sequence = try SequenceInput(Tensor<Double>(images), name: "the held-out digits")
      // A digit has eight steps, so that exponents need many.
      defaultSamples = 64
    } else {
      (sequence, defaultSamples) = (nil, Stability.Options().samples)
    }
  }

  private static func isTrainedOnDigits(_ path: String) throws -> Bool {
    guard InputFolder.isThere(path) else { return false }
    return try SavedDirectory(path).models.contains { $0 != .convolution }
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
