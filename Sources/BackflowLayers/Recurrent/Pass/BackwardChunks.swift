/// The division of a backward pass into chunks of successive steps.
///
/// The gradients with respect to the gates of a chunk are still in a cache when those with respect
/// to the input and the weights are computed from them. Their memory is then reused.
struct BackwardChunks {
  let time: Int
  /// The number of steps in a chunk, a power of two; the last chunk can be shorter.
  let length: Int
  /// Whether the gradients of all steps are kept.
  let keepsAll: Bool

  /// Chunks of a sequence with `columns` gates for each of `batch` samples.
  ///
  /// A chunk that is not the last has at least 256 rows, because each adds to all weight gradients,
  /// and with few gates more, so that its products are worth a call.
  init(time: Int, batch: Int, columns: Int, keepsAll: Bool) {
    (self.time, self.keepsAll) = (time, keepsAll)
    let rows = max(256, 65_536 / max(1, columns))
    length = powerOfTwo(atLeast: (rows + max(1, batch) - 1) / max(1, batch))
  }

  /// The number of steps whose gradients are kept.
  var entries: Int { keepsAll ? time : min(time, length) }

  /// The chunks in the order of the backward pass.
  var lastToFirst: some Sequence<StepChunk> {
    stride(from: (time + length - 1) / length * length - length, through: 0, by: -length).lazy.map {
      let steps = $0..<min(time, $0 + length)
      return StepChunk(steps: steps, entries: entries == time ? steps : 0..<steps.count)
    }
  }
}

/// Some steps of a sequence, and where a sequence of `BackwardChunks.entries` steps keeps them.
struct StepChunk: Sendable {
  let steps, entries: Range<Int>
}

private func powerOfTwo(atLeast count: Int) -> Int {
  1 << (Int.bitWidth - (max(1, count) - 1).leadingZeroBitCount)
}
