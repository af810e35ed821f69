public import BackflowCheckpoints
public import BackflowKernels
public import BackflowLinearAlgebra
internal import OrderedCollections

/// An input for the recurrent networks of a checkpoint, with a name for messages.
public struct SequenceInput: Sendable {
  /// The file and the tensor, or another name.
  public let name: String
  /// The input, [T, B, I], with at least one step and one sample, all finite.
  public let values: Tensor<Double>

  /// Takes an input of shape [T, I] or [T, B, I].
  ///
  /// - Throws: `RecurrentNetworkError` if the input has another rank, is empty, or has an element
  ///   that is NaN or infinite.
  public init(_ values: Tensor<Double>, name: String) throws(RecurrentNetworkError) {
    guard (2...3).contains(values.rank), !values.isEmpty else {
      throw .mismatch(
        tensor: name, shape: Array(values.shape),
        expected: "[time, features] or [time, batch, features]")
    }
    if let place = values.firstNonFiniteElement {
      throw .notFinite(tensor: name, element: place.indices, value: place.value)
    }
    self.name = name
    let shape = values.shape
    self.values = values.rank == 3 ? values : values.reshaped(to: [shape[0], 1, shape[1]])
  }

  /// Reads a tensor of shape [T, I] or [T, B, I] from a checkpoint.
  ///
  /// - Parameters:
  ///   - tensor: The name of the tensor, or `nil` for the only one.
  ///   - checkpoint: The checkpoint.
  /// - Throws: `RecurrentNetworkError` if there is no such tensor, or its shape or its values
  ///   cannot be used.
  public init(_ tensor: String?, in checkpoint: Checkpoint) throws(RecurrentNetworkError) {
    let names = Array(checkpoint.tensors.keys)
    let file = checkpoint.path ?? "the checkpoint"
    guard let name = tensor ?? (names.count == 1 ? names[0] : nil), let stored = checkpoint[name]
    else {
      throw .noSuchInput(tensor ?? "", in: file, tensors: names)
    }
    let values: Tensor<Double>
    do {
      values = try stored.values()
    } catch {
      throw .unreadable(error.reading(name))
    }
    try self.init(values, name: tensor == nil ? file : file + ":" + name)
  }
}
