internal import BackflowKernels
public import BackflowLinearAlgebra

/// The share of samples that are classified correctly: rows of `logits`, [..., C], whose largest
/// element is that of the label. Of equal elements the first counts. NaN for no rows. Cost:
/// O(count).
///
/// - Precondition: There is one label for each row.
public func accuracy<Scalar>(_ logits: Tensor<Scalar>, _ labels: [Int]) -> Double {
  let predictions = logits.argmaxOfRows()
  require(
    labels.count == predictions.count,
    "accuracy: \(labels.count) labels against logits of shape \(logits.shape)")
  let hits = zip(predictions, labels).count { $0 == $1 }
  return Double(hits) / Double(labels.count)
}
