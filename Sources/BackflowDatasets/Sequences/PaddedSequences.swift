public import BackflowKernels
public import BackflowLinearAlgebra

/// Sequences of different lengths as one tensor, for the `lengths` of a recurrent network:
///
///     let batch = pad(sequences)                                     // each [T_b, I]
///     let (output, _, cache) = network.forward(batch.values, lengths: batch.lengths)
///     let summary = batch.mask.mean(output)                          // [B, H]
public struct PaddedSequences<Scalar: RealScalar>: Sendable, Equatable {
  /// The sequences with padding after their ends, [T, B, I].
  public let values: Tensor<Scalar>
  /// The number of steps of each sequence.
  public let lengths: [Int]

  /// Which steps belong to the sequences.
  public var mask: SequenceMask { SequenceMask(lengths: lengths, time: values.shape[0]) }
}

/// Pads sequences to one tensor, [T, B, I].
///
/// - Parameters:
///   - sequences: B sequences, each [its number of steps, I]. One may have no steps.
///   - time: T, by default the largest number of steps.
///   - padding: The elements after the end of a sequence.
/// - Precondition: There is at least one sequence, all have the same I, and none has more than T
///   steps.
/// - Complexity: O(T × B × I)
public func pad<Scalar>(
  _ sequences: [Tensor<Scalar>], to time: Int? = nil, with padding: Scalar = 0
) -> PaddedSequences<Scalar> {
  let shapes = sequences.map(\.shape)
  require(
    !shapes.isEmpty && shapes.allSatisfy { $0.rank == 2 && $0[1] == shapes[0][1] },
    "pad: sequences of shapes \(shapes.prefix(20)) instead of [steps, I] with the same I")
  let lengths = shapes.map { $0[0] }
  let longest = lengths.max() ?? 0
  let time = time ?? longest
  require(longest <= time, "pad: a sequence of \(longest) steps for \(time) steps")
  let (batch, features) = (sequences.count, shapes[0][1])
  var values = Tensor(repeating: padding, shape: [time, batch, features])
  for (sample, sequence) in sequences.enumerated() {
    Blocks.copy(
      count: lengths[sample], length: features, from: sequence.span, at: 0, stride: features,
      into: values.mutableSpan, at: sample * features, stride: batch * features)
  }
  return PaddedSequences(values: values, lengths: lengths)
}

/// Pads sequences of indices, such as tokens, to one list in row-major order for [T, B], as
/// `Embedding.forward(_:shape:)` and the labels of `softmaxCrossEntropy(_:_:ignoring:)` take it.
///
/// - Parameters:
///   - sequences: B sequences, of which any may be empty.
///   - time: T, by default the largest number of steps.
///   - padding: The index after the end of a sequence.
/// - Returns: The indices, T × B, and the number of steps of each sequence.
/// - Precondition: No sequence has more than T steps.
public func pad(
  _ sequences: [[Int]], to time: Int? = nil, with padding: Int
) -> (indices: [Int], lengths: [Int]) {
  let lengths = sequences.map(\.count)
  let longest = lengths.max() ?? 0
  let time = time ?? longest
  require(longest <= time, "pad: a sequence of \(longest) steps for \(time) steps")
  var indices = [Int](repeating: padding, count: time * sequences.count)
  for (sample, sequence) in sequences.enumerated() {
    for (step, index) in sequence.enumerated() { indices[step * sequences.count + sample] = index }
  }
  return (indices, lengths)
}
