internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The order in which the samples of a padded batch are processed: by descending length, so that those
/// that still run are always the first rows.
struct SequenceLengths: Sendable {
  /// The length of each sample, in the caller's order.
  let lengths: [Int]
  /// The sample that is processed at each row.
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

  /// The row at which each sample is processed.
  var rows: [Int] {
    var rows = order
    for (row, sample) in order.enumerated() { rows[sample] = row }
    return rows
  }

  func active(time: Int) -> ActiveSamples { .lengths(order.map { lengths[$0] }, time: time) }

  /// A sequence [T, B, F] with its samples by descending length and zeros in place of its padding.
  func sorted<S>(_ sequence: Tensor<S>) -> Tensor<S> {
    moving(sequence) { row, sample in (from: sample, to: row) }
  }

  /// A sorted sequence back in the caller's order, with zeros as its padding.
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
  /// This sorted sequence [T, B, F] with the running steps of each sample in reverse order.
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

/// Runs of equal neighbors: first index, end, value.
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
