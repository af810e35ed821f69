internal import BackflowKernels
internal import BackflowLinearAlgebra

/// How many samples of a batch, in descending order of length, still run at each step: the first
/// `counts[t]` of them.
public struct ActiveSamples: Sendable, Equatable {
  /// The number of running samples by step; never increasing.
  let counts: [Int]
  let batch: Int

  /// Every sample runs through all steps.
  public static func all(time: Int, batch: Int) -> ActiveSamples {
    ActiveSamples(counts: Array(repeating: batch, count: time), batch: batch)
  }

  /// Samples of these lengths, in descending order.
  static func lengths(_ lengths: [Int], time: Int) -> ActiveSamples {
    ActiveSamples(
      counts: (0..<time).map { step in lengths.prefix { $0 > step }.count }, batch: lengths.count)
  }

  /// How many samples run at step t: the rows from 0 to this number of every [B, …]. Never more than at the
  /// step before.
  ///
  /// - Precondition: `step` is in 0 ..< T.
  public subscript(step: Int) -> Int {
    require(counts.indices.contains(step), "step \(step) of \(counts.count)")
    return counts[step]
  }

  /// T, the number of steps.
  public var time: Int { counts.count }

  /// Whether every sample runs through all steps.
  public var isFull: Bool { counts.allSatisfy { $0 == batch } }

  /// The part of `samples` that runs at step `t`.
  func at(_ t: Int, of samples: Range<Int>) -> Range<Int> {
    samples.clamped(to: 0..<counts[t])
  }

  /// Requires that the sample at row `sample` runs at step `t`.
  func requireRunning(_ sample: Int, at t: Int) {
    require(
      counts.indices.contains(t) && (0..<counts[t]).contains(sample),
      "sample \(sample) of \(batch) does not run at step \(t) of \(counts.count)")
  }

  /// The rows of a sequence h_1 … h_T at each sample's last step, [B, H]; for a sample without steps the
  /// row of `initial`.
  func last<S>(of sequence: Tensor<S>, initial: Tensor<S>) -> Tensor<S> {
    if isFull { return counts.isEmpty ? initial : sequence.select(counts.count - 1) }
    var result = initial
    for (t, count) in counts.enumerated() {
      let next = t + 1 < counts.count ? counts[t + 1] : 0
      if next < count { result[next..<count] = sequence.select(t)[next..<count] }
    }
    return result
  }
}
