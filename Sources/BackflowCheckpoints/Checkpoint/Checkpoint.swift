public import OrderedCollections

/// Named tensors with metadata, as in a file of PyTorch, safetensors or NumPy.
///
///     var checkpoint = try Checkpoint(contentsOf: "model.pt")
///     try model.load(checkpoint)
///     try Checkpoint(model).write(to: "model.safetensors")
///
/// Opening a file reads the names, shapes and types. The values of a tensor are read when they are
/// asked for.
public struct Checkpoint: Sendable {
  /// The tensors by name, in the order of the file. The name of a tensor in nested dictionaries or
  /// modules consists of all keys with dots between them, as in `model.encoder.weight`.
  public var tensors: OrderedDictionary<String, StoredTensor>
  /// Texts by name: the metadata of a safetensors file, or the numbers and texts beside the tensors
  /// of a PyTorch file, such as `epoch`.
  public var metadata: OrderedDictionary<String, String>
  /// What the file has besides tensors and metadata, and tensors whose values cannot be read, such
  /// as quantized ones. `write(to:)` does not write these entries.
  public internal(set) var omissions: [Omission] = []
  /// The path of the file, as given by the caller, and `nil` for a checkpoint made in memory.
  public internal(set) var path: String?

  /// An entry of a file that is not part of the checkpoint.
  public struct Omission: Sendable, Equatable {
    /// The name of the entry.
    public let name: String
    /// A sentence fragment that states what the entry is.
    public let reason: String
  }

  /// Creates a checkpoint with these tensors and this metadata.
  public init(
    _ tensors: OrderedDictionary<String, StoredTensor> = [:],
    metadata: OrderedDictionary<String, String> = [:]
  ) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor with this name.
  public subscript(name: String) -> StoredTensor? {
    get { tensors[name] }
    set { tensors[name] = newValue }
  }

  /// Returns the tensors whose names start with `prefix` and a dot, without that part of their
  /// names. An empty prefix returns all tensors.
  public func under(_ prefix: String) -> OrderedDictionary<String, StoredTensor> {
    if prefix.isEmpty { return tensors }
    var part: OrderedDictionary<String, StoredTensor> = [:]
    for (name, tensor) in tensors where name.hasPrefix(prefix + ".") {
      part[String(name.dropFirst(prefix.count + 1))] = tensor
    }
    return part
  }

  /// Returns the tensors and the metadata whose names start with `prefix` and a dot, without that
  /// part of their names. An empty prefix returns the whole checkpoint.
  public func part(_ prefix: String) -> Checkpoint {
    if prefix.isEmpty { return self }
    var part = Checkpoint(under(prefix))
    for (name, text) in metadata where name.hasPrefix(prefix + ".") {
      part.metadata[String(name.dropFirst(prefix.count + 1))] = text
    }
    part.path = path
    return part
  }

  /// The path for messages.
  package var origin: String { path ?? "the checkpoint" }
}
