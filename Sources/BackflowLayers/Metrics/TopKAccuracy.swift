internal import BackflowKernels
public import BackflowLinearAlgebra

/// The share of samples whose label is among the k classes with the largest logits: rows of
/// `logits`, [..., C]. Of equal elements the first are before the others, so that `k` = 1 is
/// `accuracy(_:_:)`. NaN for no rows. Cost: O(count).
///
/// - Precondition: There is one label in 0 ..< C for each row, and `k` is positive.
public func topKAccuracy<Scalar>(
  _ logits: Tensor<Scalar>, _ labels: [Int], k: Int
) -> Double {
  var accuracy = TopKAccuracy(k)
  accuracy.add(logits, labels)
  return accuracy.value
}

/// The share of samples whose label is among the k classes with the largest logits, over any number
/// of batches. The counts are exact, so the batches may be of any sizes.
public struct TopKAccuracy: Sendable, Equatable {
  /// The number of classes that a prediction consists of.
  public let k: Int
  /// The number of samples that count.
  public private(set) var count = 0
  /// The number of samples whose label is among the k classes.
  public private(set) var hits = 0

  /// The accuracy of no samples yet; `TopKAccuracy(1)` is the usual accuracy.
  ///
  /// - Precondition: `k` is positive.
  public init(_ k: Int) {
    require(k > 0, "TopKAccuracy: k must be positive, it is \(k)")
    self.k = k
  }

  /// Counts a batch. O(count)
  ///
  /// - Parameters:
  ///   - logits: [..., C], or probabilities; leading axes are the samples. Of equal elements the
  ///     first are before the others, and NaN is the largest.
  ///   - labels: One in 0 ..< C for each sample, in row-major order.
  ///   - ignoredLabel: The label of samples that do not count.
  /// - Precondition: There is one label for each sample.
  public mutating func add<Scalar>(
    _ logits: Tensor<Scalar>, _ labels: [Int], ignoring ignoredLabel: Int? = nil
  ) {
    let columns = columnsOfRows(logits, labels.count, "TopKAccuracy")
    let ranks = VectorKernels.ranks(
      of: labels, ignoring: ignoredLabel, in: logits.span, columns: columns)
    for rank in ranks where rank >= 0 {
      count += 1
      if rank < k { hits += 1 }
    }
  }

  /// hits / count; NaN for no samples.
  public var value: Double { Double(hits) / Double(count) }
}

/// The number of columns C of `rows`, [..., C].
///
/// - Precondition: There is one label for each row.
func columnsOfRows<S>(_ rows: Tensor<S>, _ labelCount: Int, _ owner: String) -> Int {
  requireLabels(labelCount, of: rows, owner, "scores")
  return rows.shape[rows.rank - 1]
}
