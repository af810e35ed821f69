internal import BackflowKernels
public import BackflowLinearAlgebra

/// How often each class was predicted for each label, over any number of batches, and what follows
/// from that: accuracy, precision, recall and F1. The counts are exact.
///
///     var confusion = ConfusionMatrix(classes: 10)
///     confusion.add(logits, labels)                     // for each batch
///     confusion.scores(of: 3).recall
///     confusion.average(.macro).f1
///
/// Quotients and averages are those of scikit-learn's `precision_recall_fscore_support`; a quotient
/// 0/0 counts as 0, as there by default.
public struct ConfusionMatrix: Sendable, Equatable {
  /// C, the number of classes.
  public let classes: Int
  /// The counts, [C, C] in row-major order: rows are labels, columns are predictions.
  public private(set) var counts: [Int]

  /// The matrix of no samples yet. O(C²)
  ///
  /// - Precondition: `classes` is positive.
  public init(classes: Int) {
    require(classes > 0, "ConfusionMatrix: the number of classes must be positive, got \(classes)")
    self.classes = classes
    counts = [Int](repeating: 0, count: classes * classes)
  }

  /// Counts a batch of logits, [..., C]: the prediction is the first of the largest elements.
  /// O(count)
  ///
  /// - Parameters:
  ///   - logits: [..., C], or probabilities; leading axes are the samples.
  ///   - labels: One in 0 ..< C for each sample, in row-major order.
  ///   - ignoredLabel: The label of samples that do not count.
  /// - Precondition: There is one label for each sample, and C is `classes`.
  public mutating func add<Scalar>(
    _ logits: Tensor<Scalar>, _ labels: [Int], ignoring ignoredLabel: Int? = nil
  ) {
    let columns = columnsOfRows(logits, labels.count, "ConfusionMatrix")
    require(
      columns == classes,
      "ConfusionMatrix: logits of shape \(logits.shape) against \(classes) classes")
    add(predictions: logits.argmaxOfRows(), labels, ignoring: ignoredLabel)
  }

  /// Counts a batch of predicted classes. O(labels)
  ///
  /// - Precondition: There is one label for each prediction; both are in 0 ..< C where the label is
  ///   not the ignored one.
  public mutating func add(
    predictions: [Int], _ labels: [Int], ignoring ignoredLabel: Int? = nil
  ) {
    require(
      predictions.count == labels.count,
      "ConfusionMatrix: \(labels.count) labels against \(predictions.count) predictions")
    let range = 0..<classes
    for (prediction, label) in zip(predictions, labels) where label != ignoredLabel {
      require(
        range.contains(label) && range.contains(prediction),
        "ConfusionMatrix: label \(label) and prediction \(prediction) of \(classes) classes")
      counts[label * classes + prediction] += 1
    }
  }

  /// The number of samples with this label and this prediction.
  ///
  /// - Precondition: Both are in 0 ..< C.
  public subscript(label label: Int, prediction prediction: Int) -> Int {
    checkClass(label)
    checkClass(prediction)
    return counts[label * classes + prediction]
  }

  /// The number of samples. O(C²)
  public var count: Int { counts.reduce(0, +) }

  /// The share of samples whose prediction is their label; NaN for no samples. O(C²)
  public var accuracy: Double { Double(hits) / Double(count) }

  private var hits: Int { (0..<classes).reduce(0) { $0 + counts[$1 * (classes + 1)] } }

  private func checkClass(_ index: Int) {
    require(
      index >= 0 && index < classes, "ConfusionMatrix: there is no class \(index) of \(classes)")
  }

  // MARK: - Scores

  /// Precision, recall and F1 of one class against all others. O(C)
  ///
  /// - Precondition: The class is in 0 ..< C.
  public func scores(of index: Int) -> ClassificationScores {
    checkClass(index)
    return ClassificationScores(
      hits: counts[index * (classes + 1)],
      predicted: (0..<classes).reduce(0) { $0 + counts[$1 * classes + index] },
      support: counts[index * classes..<(index + 1) * classes].reduce(0, +))
  }

  /// How the scores of classes become one.
  public enum Average: Sendable {
    /// The mean over the classes that occur as a label or as a prediction.
    case macro
    /// The scores of the counts of all classes together, each of which is the accuracy.
    case micro
    /// The mean weighted by the number of samples with each label.
    case weighted
  }

  /// The average of the scores of all classes. Those of no samples are NaN. O(C²)
  public func average(_ average: Average) -> ClassificationScores {
    let total = count
    if average == .micro {
      return ClassificationScores(
        precision: accuracy, recall: accuracy, f1: accuracy, predicted: total, support: total)
    }
    let each = (0..<classes).map { scores(of: $0) }.filter { $0.support + $0.predicted > 0 }
    let weights = each.map { average == .macro ? 1 : Double($0.support) }
    let whole = weights.reduce(0, +)
    func mean(_ score: KeyPath<ClassificationScores, Double>) -> Double {
      zip(each, weights).reduce(0) { $0 + $1.0[keyPath: score] * $1.1 } / whole
    }
    return ClassificationScores(
      precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1), predicted: total,
      support: total)
  }
}

/// Precision, recall and F1 of a class, or averages of them.
public struct ClassificationScores: Sendable, Equatable {
  /// The share of predictions of the class that are right: TP / (TP + FP).
  public let precision: Double
  /// The share of samples with its label for which it is predicted: TP / (TP + FN).
  public let recall: Double
  /// The harmonic mean of both, 2 TP / (2 TP + FP + FN); in an average of classes, the average of
  /// theirs.
  public let f1: Double
  /// The number of predictions of the class, TP + FP.
  public let predicted: Int
  /// The number of samples with its label, TP + FN.
  public let support: Int
}

extension ClassificationScores {
  fileprivate init(hits: Int, predicted: Int, support: Int) {
    func share(_ part: Int, of whole: Int) -> Double {
      whole == 0 ? 0 : Double(part) / Double(whole)
    }
    self.init(
      precision: share(hits, of: predicted), recall: share(hits, of: support),
      f1: share(2 * hits, of: predicted + support), predicted: predicted, support: support)
  }
}
