internal import BackflowKernels
public import BackflowLinearAlgebra

/// The area under the receiver operating characteristic of a binary classifier, over any number of
/// batches: the probability that a random positive sample has a larger score than a random negative
/// one, where a tie counts ½ (scikit-learn `roc_auc_score`).
///
///     Σ over pairs ([s₊ > s₋] + ½ [s₊ = s₋]) / (positives · negatives)
///
/// The pairs are counted in integers, so that the result is the same for any batches and any order
/// of the samples, and, for up to 2⁵² pairs, the exact quotient, rounded once. All scores are kept,
/// in double precision.
/// Mann and Whitney, 1947; Hanley and McNeil, "The meaning and use of the area under a receiver
/// operating characteristic (ROC) curve", 1982.
public struct AreaUnderROC: Sendable, Equatable {
  private var positives: [Double] = []
  private var negatives: [Double] = []
  private var hasNaN = false

  /// The area of no samples yet.
  public init() {}

  /// The number of samples.
  public var count: Int { positives.count + negatives.count }

  /// Adds a batch. O(count), and as much memory
  ///
  /// - Parameters:
  ///   - scores: [...]: logits or probabilities of "yes", or any other numbers whose order counts.
  ///   - labels: Whether the answer is "yes", in row-major order.
  /// - Precondition: There is one label for each score.
  public mutating func add<Scalar>(_ scores: Tensor<Scalar>, _ labels: [Bool]) {
    require(
      labels.count == scores.count,
      "AreaUnderROC: \(labels.count) labels against scores of shape \(scores.shape)")
    add(Tensor<Double>(scores).elements, labels)
  }

  mutating func add(_ scores: [Double], _ labels: [Bool]) {
    for (score, label) in zip(scores, labels) {
      if label { positives.append(score) } else { negatives.append(score) }
      if score.isNaN { hasNaN = true }
    }
  }

  /// The area: 1 for a perfect order, ½ for scores that tell nothing, 0 for the reverse order. NaN
  /// without positive or without negative samples, or if a score is NaN. O(count log count)
  public var value: Double {
    if hasNaN { return .nan }
    let (positives, negatives) = (positives.sorted(), negatives.sorted())
    // Twice the number of negative samples below each positive one, and once that of equal ones.
    var (below, notAbove, twice) = (0, 0, 0)
    for score in positives {
      while below < negatives.count && negatives[below] < score { below += 1 }
      while notAbove < negatives.count && negatives[notAbove] <= score { notAbove += 1 }
      twice += below + notAbove
    }
    return Double(twice) / 2 / (Double(positives.count) * Double(negatives.count))
  }
}

/// The areas under the receiver operating characteristics of a classifier with C classes, of each
/// class against all others, over any number of batches (scikit-learn `roc_auc_score` with
/// `multi_class="ovr"`).
public struct OneVersusRestROC: Sendable, Equatable {
  private var areas: [AreaUnderROC]
  private var supports: [Int]

  /// The areas of no samples yet.
  ///
  /// - Precondition: `classes` is positive.
  public init(classes: Int) {
    require(
      classes > 0, "OneVersusRestROC: the number of classes must be positive, got \(classes)")
    areas = [AreaUnderROC](repeating: AreaUnderROC(), count: classes)
    supports = [Int](repeating: 0, count: classes)
  }

  /// Adds a batch. O(count), and as much memory
  ///
  /// - Parameters:
  ///   - scores: [..., C]; leading axes are the samples. Scores of one class are compared over the
  ///     samples, so they should be probabilities rather than logits, whose level may differ.
  ///   - labels: One in 0 ..< C for each sample, in row-major order.
  ///   - ignoredLabel: The label of samples that do not count.
  /// - Precondition: There is one label for each sample, and C is `classes`.
  public mutating func add<Scalar>(
    _ scores: Tensor<Scalar>, _ labels: [Int], ignoring ignoredLabel: Int? = nil
  ) {
    let columns = columnsOfRows(scores, labels.count, "OneVersusRestROC")
    require(
      columns == areas.count,
      "OneVersusRestROC: scores of shape \(scores.shape) against \(areas.count) classes")
    let rows = labels.indices.filter { labels[$0] != ignoredLabel }
    for row in rows {
      require(
        labels[row] >= 0 && labels[row] < columns,
        "label \(labels[row]) of row \(row) is outside the \(columns) classes")
      supports[labels[row]] += 1
    }
    let elements = Tensor<Double>(scores).elements
    for index in areas.indices {
      areas[index].add(
        rows.map { elements[$0 * columns + index] }, rows.map { labels[$0] == index })
    }
  }

  /// The area of one class against all others; NaN if no sample, or every sample, has its label.
  ///
  /// - Precondition: The class is in 0 ..< C.
  public func value(of index: Int) -> Double {
    require(
      areas.indices.contains(index),
      "OneVersusRestROC: there is no class \(index) of \(areas.count)")
    return areas[index].value
  }

  /// The mean over all classes; NaN if it is undefined for one of them.
  public var macro: Double { areas.reduce(0) { $0 + $1.value } / Double(areas.count) }

  /// The mean weighted by the number of samples with each label; NaN if it is undefined for a
  /// class.
  public var weighted: Double {
    zip(areas, supports).reduce(0) { $0 + $1.0.value * Double($1.1) }
      / Double(supports.reduce(0, +))
  }
}
