public import BackflowCheckpoints
public import BackflowKernels
public import BackflowLinearAlgebra
internal import OrderedCollections

/// An input for the recurrent networks of a checkpoint, with a name for messages.
public struct SequenceInput: Sendable {
  /// The file and the tensor, or another name.
  public let name: String
  /// The input, [T, B, I], with at least one step and one sample, finite before the end of each
  /// sample.
  public let values: Tensor<Double>
  /// The number of steps of each sample, [B], or `nil` if all have T steps.
  public let lengths: [Int]?

  /// Takes an input of shape [T, I] or [T, B, I].
  ///
  /// - Parameters:
  ///   - values: The input. What lies after the end of a sample is not read.
  ///   - name: The name for messages.
  ///   - lengths: The number of steps of each sample, or `nil` if all have T steps.
  /// - Precondition: There are B lengths in 0 ... T, if any.
  /// - Throws: `RecurrentNetworkError` if the input has another rank, is empty, or has an element
  ///   that is NaN or infinite.
  public init(
    _ values: Tensor<Double>, name: String, lengths: [Int]? = nil
  ) throws(RecurrentNetworkError) {
    guard (2...3).contains(values.rank), !values.isEmpty else {
      throw .mismatch(
        tensor: name, shape: Array(values.shape),
        expected: "[time, features] or [time, batch, features]")
    }
    let shape = values.shape
    let sequence = values.rank == 3 ? values : values.reshaped(to: [shape[0], 1, shape[1]])
    let (time, batch) = (sequence.shape[0], sequence.shape[1])
    require(
      lengths.map { $0.count == batch && $0.allSatisfy((0...time).contains) } ?? true,
      "SequenceInput: the lengths \(lengths ?? []) instead of \(batch) numbers in 0...\(time)")
    for sample in 0..<batch {
      let read = sequence[0..<(lengths?[sample] ?? time)].select(sample, axis: 1)
      guard let place = read.firstNonFiniteElement else { continue }
      let (step, feature) = (place.indices[0], place.indices[1])
      throw .notFinite(
        tensor: name, element: values.rank == 3 ? [step, sample, feature] : [step, feature],
        value: place.value)
    }
    (self.name, self.values, self.lengths) = (name, sequence, lengths)
  }

  /// Reads a tensor of shape [T, I] or [T, B, I] from a checkpoint.
  ///
  /// - Parameters:
  ///   - tensor: The name of the tensor, or `nil` for the only one.
  ///   - checkpoint: The checkpoint.
  ///   - lengths: The name of a tensor [B] with the number of steps of each sample, or `nil` for
  ///     the only one, and the checkpoint that contains it; `nil` if all samples have T steps.
  /// - Throws: `RecurrentNetworkError` if there is no such tensor, or its shape or its values
  ///   cannot be used.
  public init(
    _ tensor: String?, in checkpoint: Checkpoint,
    lengths: (tensor: String?, checkpoint: Checkpoint)? = nil
  ) throws(RecurrentNetworkError) {
    let (name, values) = try SequenceInput.read(tensor, in: checkpoint)
    guard let lengths else {
      try self.init(values, name: name)
      return
    }
    let (place, counts) = try SequenceInput.read(lengths.tensor, in: lengths.checkpoint)
    let (steps, samples) = (values.shape.first ?? 0, values.rank == 3 ? values.shape[1] : 1)
    guard counts.rank == 1, counts.count == samples else {
      throw .mismatch(
        tensor: place, shape: Array(counts.shape), expected: "[\(samples)], one for each sample")
    }
    var found: [Int] = []
    for (index, value) in counts.elements.enumerated() {
      guard let count = Int(exactly: value), (0...steps).contains(count) else {
        throw .lengthOutOfRange(tensor: place, index: index, value: value, steps: steps)
      }
      found.append(count)
    }
    try self.init(values, name: name, lengths: found)
  }

  /// Returns a tensor of a checkpoint, with its name for messages.
  private static func read(
    _ tensor: String?, in checkpoint: Checkpoint
  ) throws(RecurrentNetworkError) -> (name: String, values: Tensor<Double>) {
    let names = Array(checkpoint.tensors.keys)
    let file = checkpoint.path ?? "the checkpoint"
    guard let name = tensor ?? (names.count == 1 ? names[0] : nil), let stored = checkpoint[name]
    else {
      throw .noSuchInput(tensor ?? "", in: file, tensors: names)
    }
    do {
      return (tensor == nil ? file : file + ":" + name, try stored.values())
    } catch {
      throw .unreadable(error.reading(name))
    }
  }
}
