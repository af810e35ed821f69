internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The order in which the samples of a padded batch are processed. They are in descending order of
/// length, so that the samples that run at a step are always the first rows.
struct SequenceLengths: Sendable {
  /// The length of each sample, in the caller's order.
  let lengths: [Int]
  /// The index of the sample in each row.
  let order: [Int]

  init(_ lengths: [Int], time: Int, batch: Int) {
    require(
      lengths.count == batch && lengths.allSatisfy { $0 >= 0 && $0 <= time },
      "lengths \(lengths) do not fit a batch of \(batch) samples and \(time) steps")
    self.lengths = lengths
    order = lengths.indices.sorted {
      (lengths[$1], $0) < (lengths[$0], $1)
    }
  }

  /// The row of each sample.
  var rows: [Int] {
    var rows = order
    for (row, sample) in order.enumerated() { rows[sample] = row }
    return rows
  }

  func active(time: Int) -> ActiveSamples { .lengths(order.map { lengths[$0] }, time: time) }

  /// Returns a sequence [T, B, F] with its samples in descending order of length and its padding
  /// set to zero.
  func sorted<S>(_ sequence: Tensor<S>) -> Tensor<S> {
    moving(sequence) { row, sample in (from: sample, to: row) }
  }

  /// Returns a sorted sequence in the caller's order, with zeros in the padding.
  func unsorted<S>(_ sequence: Tensor<S>) -> Tensor<S> {
    moving(sequence) { row, sample in (from: row, to: sample) }
  }

  private func moving<S>(
    _ sequence: Tensor<S>, _ places: (_ row: Int, _ sample: Int) -> (from: Int, to: Int)
  ) -> Tensor<S> {
    let (batch, features) = (sequence.shape[1], sequence.shape[2])
    var result = Tensor<S>.zeros(sequence.shape)
    for (row, sample) in order.enumerated() {
      let (from, to) = places(row, sample)
      Blocks.copy(
        count: lengths[sample], length: features,
        from: sequence.span, at: from * features, stride: batch * features,
        into: result.mutableSpan, at: to * features, stride: batch * features)
    }
    return result
  }
}

extension Tensor {
  /// Returns this sorted sequence [T, B, F] with the steps of each sample in reverse order, without
  /// its padding.
  func reversedInTime(_ active: ActiveSamples) -> Tensor {
    let (batch, features) = (shape[1], shape[2])
    var result = active.isFull ? Tensor(uninitialized: shape) : .zeros(shape)
    let lengths = (0..<batch).map { row in active.counts.prefix { $0 > row }.count }
    for (first, end, length) in runs(of: lengths) {
      for t in 0..<length {
        Blocks.copy(
          count: 1, length: (end - first) * features,
          from: span, at: (t * batch + first) * features, stride: 0,
          into: result.mutableSpan, at: ((length - 1 - t) * batch + first) * features, stride: 0)
      }
    }
    return result
  }
}

/// Returns the runs of equal adjacent values, each with its first index, its end and its value.
private func runs(of values: [Int]) -> [(first: Int, end: Int, value: Int)] {
  var runs: [(first: Int, end: Int, value: Int)] = []
  for (index, value) in values.enumerated() {
    if runs.last?.value == value {
      runs[runs.count - 1].end = index + 1
    } else {
      runs.append((index, index + 1, value))
    }
  }
  return runs
}
