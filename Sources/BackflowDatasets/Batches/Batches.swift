internal import BackflowKernels
internal import BackflowLinearAlgebra

/// The batches of each epoch of a training, as indices of samples.
///
///     let batches = Batches(count: labels.count, size: 32, seed: 7)
///     for epoch in 0..<20 {
///       for indices in batches.epoch(epoch) {
///         let x = images.selectRows(indices)                           // [32, …]
///         let y = indices.map { labels[$0] }
///       }
///     }
///
/// The order of the samples in an epoch depends on the seed and the number of the epoch only. So a
/// training that resumes at batch k of epoch e continues with `epoch(e).dropFirst(k)`, and needs no
/// other state than these two numbers.
public struct Batches: Sendable {
  /// The number of samples.
  public let count: Int
  /// The number of samples in a batch.
  public let size: Int
  /// Whether the samples of each epoch are in random order.
  public let shuffles: Bool
  /// Whether a last batch with fewer samples is left out.
  public let dropsLast: Bool
  /// The seed of the orders.
  public let seed: UInt64

  /// - Parameters:
  ///   - count: The number of samples.
  ///   - size: The number of samples in a batch.
  ///   - shuffles: Whether the samples of each epoch are in random order; otherwise, they are in
  ///     the order of their indices.
  ///   - dropsLast: Whether a last batch with fewer samples is left out.
  ///   - seed: The seed of the orders.
  /// - Precondition: `count` is not negative, and `size` is positive.
  public init(
    count: Int, size: Int, shuffles: Bool = true, dropsLast: Bool = false, seed: UInt64 = 0
  ) {
    require(
      count >= 0 && size > 0, "Batches: batches of \(size) samples of \(count)")
    (self.count, self.size, self.shuffles) = (count, size, shuffles)
    (self.dropsLast, self.seed) = (dropsLast, seed)
  }

  /// The number of batches in an epoch.
  public var batchCount: Int { count / size + (dropsLast || count % size == 0 ? 0 : 1) }

  /// Returns the batches of an epoch. All orders of the samples are equally likely.
  ///
  /// - Precondition: The number of the epoch is not negative.
  /// - Complexity: O(count)
  public func epoch(_ epoch: Int) -> EpochBatches {
    require(epoch >= 0, "Batches: epoch \(epoch)")
    guard shuffles else {
      return EpochBatches(order: nil, count: count, size: size, batchCount: batchCount)
    }
    // For one seed, the words are different for all epochs, because both steps are one-to-one.
    var mixed = SplitMix64(state: seed)
    var random = RandomSource(seed: mixed.next() &+ UInt64(epoch))
    return EpochBatches(
      order: random.permutation(count), count: count, size: size, batchCount: batchCount)
  }
}

/// The batches of one epoch. Each is a list of indices of samples.
public struct EpochBatches: RandomAccessCollection, Sendable {
  /// The samples in the order of this epoch, or `nil` for the order of their indices.
  private let order: [Int]?
  private let sampleCount, size, batchCount: Int

  init(order: [Int]?, count: Int, size: Int, batchCount: Int) {
    (self.order, sampleCount, self.size, self.batchCount) = (order, count, size, batchCount)
  }

  /// 0
  public var startIndex: Int { 0 }
  /// The number of batches.
  public var endIndex: Int { batchCount }

  /// The indices of the samples of a batch.
  ///
  /// - Precondition: The batch exists.
  /// - Complexity: O(size)
  public subscript(batch: Int) -> [Int] {
    require(
      batch >= 0 && batch < batchCount, "EpochBatches: batch \(batch) of \(batchCount)")
    let start = batch * size
    let range = start..<start + Swift.min(size, sampleCount - start)
    return order.map { Array($0[range]) } ?? Array(range)
  }
}
