internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The number of samples of a batch that run at each step, that is, whose sequences have not ended.
/// Since the samples are in descending order of length, these are the first rows.
public struct ActiveSamples: Sendable, Equatable {
  /// The number of running samples at each step, in nonincreasing order.
  let counts: [Int]
  let batch: Int

  /// Returns the value for samples that all run at every step.
  public static func all(time: Int, batch: Int) -> ActiveSamples {
    ActiveSamples(counts: Array(repeating: batch, count: time), batch: batch)
  }

  /// Returns the value for samples of these lengths, which are in descending order.
  static func lengths(_ lengths: [Int], time: Int) -> ActiveSamples {
    ActiveSamples(
      counts: (0..<time).map { step in lengths.prefix { $0 > step }.count }, batch: lengths.count)
  }

  /// The number of samples that run at step t, which are the first rows of every tensor [B, …].
  ///
  /// - Precondition: `step` is in 0 ..< T.
  public subscript(step: Int) -> Int {
    require(counts.indices.contains(step), "step \(step) of \(counts.count)")
    return counts[step]
  }

  /// T, the number of steps.
  public var time: Int { counts.count }

  /// Whether all samples run at every step.
  public var isFull: Bool { counts.allSatisfy { $0 == batch } }

  /// Returns the part of `samples` that runs at step `t`.
  func at(_ t: Int, of samples: Range<Int>) -> Range<Int> {
    samples.clamped(to: 0..<counts[t])
  }

  /// Requires that the sample at row `sample` runs at step `t`.
  func requireRunning(_ sample: Int, at t: Int) {
    require(
      counts.indices.contains(t) && (0..<counts[t]).contains(sample),
      "sample \(sample) of \(batch) does not run at step \(t) of \(counts.count)")
  }

  /// Returns the rows of a sequence h_1 … h_T at the last step of each sample, [B, H]. For a sample
  /// without steps, it is the row of `initial`. The sequence may have fewer entries, which later
  /// steps have overwritten where samples run.
  func last<S>(of sequence: Tensor<S>, initial: Tensor<S>) -> Tensor<S> {
    let entries = sequence.shape[0]
    if isFull { return counts.isEmpty ? initial : sequence.select((counts.count - 1) % entries) }
    var result = initial
    for (t, count) in counts.enumerated() {
      let next = t + 1 < counts.count ? counts[t + 1] : 0
      if next < count { result[next..<count] = sequence.select(t % entries)[next..<count] }
    }
    return result
  }
}
