/// The differences between the tensors of a checkpoint and those of a model.
public struct Mismatch: Sendable, Equatable {
  /// The names of tensors that the model has and the checkpoint lacks.
  public internal(set) var missing: [String] = []
  /// The names of tensors that the checkpoint has and the model lacks.
  public internal(set) var unexpected: [String] = []
  /// The tensors with different shapes.
  public internal(set) var misshapen: [Misshapen] = []
  /// A prefix under which the checkpoint has every tensor of the model, if that is the reason.
  public internal(set) var otherPrefix: String?

  /// A tensor with another shape than the model's.
  public struct Misshapen: Sendable, Equatable {
    /// The name of the tensor.
    public let name: String
    /// The shape of the model's tensor.
    public let expected: [Int]
    /// The shape of the stored tensor.
    public let found: [Int]
  }

  var isEmpty: Bool { missing.isEmpty && unexpected.isEmpty && misshapen.isEmpty }

  /// All differences, in one line.
  var sentence: String {
    var parts: [String] = []
    if !missing.isEmpty { parts.append("it lacks \(missing.joined(separator: ", "))") }
    if !unexpected.isEmpty {
      parts.append(
        "the model has no \(unexpected.map { escaped($0) }.joined(separator: ", "))")
    }
    parts += misshapen.map { "\($0.name) has shape \($0.found) instead of \($0.expected)" }
    var sentence = "does not fit the model: " + parts.joined(separator: "; ")
    if let otherPrefix {
      sentence +=
        otherPrefix.isEmpty
        ? "; it has the model's tensors without a prefix"
        : "; it has the model's tensors under the prefix \(escaped(otherPrefix))"
    } else if missing.isEmpty, misshapen.isEmpty {
      sentence += "; load with strict: false to ignore them"
    }
    return sentence
  }
}
