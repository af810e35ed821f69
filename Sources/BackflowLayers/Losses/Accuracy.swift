internal import BackflowKernels
public import BackflowLinearAlgebra

/// The share of rows of `logits`, [..., C], whose largest element is at the label's place: 0…1, NaN for
/// no rows. The first of equals counts. Stops unless there is one label a row. Cost: O(count).
public func accuracy<Scalar>(_ logits: Tensor<Scalar>, _ labels: [Int]) -> Double {
  let predictions = logits.argmaxOfRows()
  require(
    labels.count == predictions.count,
    "accuracy: \(labels.count) labels against logits of shape \(logits.shape)")
  let hits = zip(predictions, labels).count { $0 == $1 }
  return Double(hits) / Double(labels.count)
}
