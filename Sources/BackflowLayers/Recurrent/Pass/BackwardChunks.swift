/// The division of a backward pass into chunks of successive steps.
///
/// The gradients with respect to the gates of a chunk are still in the cache when those with
/// respect to the input and the weights are computed from them. Their memory is then reused.
struct BackwardChunks {
  let time: Int
  /// The number of steps in a chunk, a power of two; the last chunk can be shorter.
  let length: Int
  /// The number of steps whose gradients are kept: all T, or those of one chunk.
  let entries: Int

  /// Chunks of a sequence with `columns` gates for each of `batch` samples.
  ///
  /// A chunk has at least 256 rows, because each adds to all weight gradients, and enough work to
  /// justify its products.
  init(time: Int, batch: Int, columns: Int, keepsAll: Bool) {
    let rows = max(256, 65_536 / max(1, columns))
    let steps = max(1, rows / max(1, batch))
    self.time = time
    length = 1 << (Int.bitWidth - 1 - steps.leadingZeroBitCount)
    entries = keepsAll ? time : min(time, length)
  }

  var count: Int { (time + length - 1) / length }

  /// The chunks in the order of the backward pass.
  var lastToFirst: some Sequence<StepChunk> {
    (0..<count).reversed().lazy.map { chunk in
      let steps = chunk * length..<min(time, (chunk + 1) * length)
      return StepChunk(steps: steps, entries: entries == time ? steps : 0..<steps.count)
    }
  }
}

/// Some steps of a sequence, and where a sequence of `BackwardChunks.entries` steps keeps them.
struct StepChunk: Sendable {
  var steps, entries: Range<Int>
}
