internal import BackflowKernels
public import BackflowLinearAlgebra

/// The mean cross-entropy between softmax(z) and integer labels y, and its gradient (PyTorch
/// `cross_entropy`).
///
///     L = −(1/N) Σ_n ln p_n[y_n],   p = softmax(z)
///     z̄ = (p − onehot(y)) / N
///
/// - Parameters:
///   - logits: z, [..., classes]; leading axes are the N samples.
///   - labels: y, one in 0 ..< classes for each sample, in row-major order. Stops outside that range.
/// - Returns: L in nats, and z̄ of the logits' shape. Without samples L is NaN, as PyTorch's is.
///
/// The log-sum-exp is shifted by each row's maximum, so no logit overflows. Cost: O(count).
public func softmaxCrossEntropy<Scalar>(
  _ logits: Tensor<Scalar>, _ labels: [Int]
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  let rows = logits.asRows.shape
  require(
    labels.count == rows[0],
    "softmaxCrossEntropy: \(labels.count) labels against logits of shape \(logits.shape)")
  var losses = Tensor<Scalar>(uninitialized: [rows[0]])
  var probabilities = Tensor<Scalar>(uninitialized: logits.shape)
  VectorKernels.crossEntropy(
    logits.span, labels: labels, columns: rows[1],
    losses: losses.mutableSpan, probabilities: probabilities.mutableSpan)

  var gradient = probabilities
  var elements = gradient.mutableSpan
  for (row, label) in labels.enumerated() { elements[row * rows[1] + label] -= 1 }
  gradient *= 1 / Scalar(rows[0])
  return (losses.mean(), gradient)
}

/// The share of rows of `logits` [..., classes] whose largest element is at the label's place.
public func accuracy<Scalar>(_ logits: Tensor<Scalar>, _ labels: [Int]) -> Double {
  let predictions = logits.argmaxOfRows()
  require(
    labels.count == predictions.count,
    "accuracy: \(labels.count) labels against logits of shape \(logits.shape)")
  let hits = zip(predictions, labels).count { $0 == $1 }
  return Double(hits) / Double(labels.count)
}
