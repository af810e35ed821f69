internal import BackflowKernels
public import BackflowLinearAlgebra

/// Returns the negative log-likelihood of integer labels y, and its gradient (PyTorch `nll_loss`).
/// For each sample, with its C log-probabilities x and the class weights w,
///
///     l = −w_y x_y,   x̄ = −w_y onehot(y)
///
/// On `logSoftmax(z)` it is `softmaxCrossEntropy` of z, which is more accurate in the gradient and
/// takes one pass. The mean divides by the sum Σ_n w_{y_n} of the weights of the labels, as
/// PyTorch's does. A label of weight 0 is like an ignored one.
///
/// - Parameters:
///   - logProbabilities: x, [..., C]; leading axes are the samples. They are not checked to be
///     logarithms of a distribution.
///   - labels: y, one in 0 ..< C for each sample, in row-major order.
///   - ignoredLabel: The label of padding, which may be any number, also outside 0 ..< C. Its
///     samples count neither in the sum nor in the mean, even if they are not finite.
///   - classWeights: w, [C], each 0 or positive and finite; `nil` for ones.
///   - reduction: Whether the loss is the mean or the sum over the samples.
/// - Returns: The loss, and x̄ of the log-probabilities' shape. The mean over no samples is NaN.
/// - Precondition: There is one label for each sample and one weight for each class.
/// - Complexity: O(count)
public func negativeLogLikelihood<Scalar>(
  _ logProbabilities: Tensor<Scalar>, _ labels: [Int], ignoring ignoredLabel: Int? = nil,
  classWeights: Tensor<Scalar>? = nil, reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  let rows = labelWeights(logProbabilities, labels, ignoredLabel, classWeights)
  let each = likelihoods(logProbabilities, rows, scale: reduction.scale(total: rows.total))
  return (reduction(each.losses, total: rows.total), each.gradient)
}

/// Returns one loss for each sample, [...] for log-probabilities [..., C], and the gradient of
/// their sum. The loss of a sample whose label is ignored is 0.
///
/// - Precondition: There is one label for each sample and one weight for each class.
public func negativeLogLikelihood<Scalar>(
  _ logProbabilities: Tensor<Scalar>, _ labels: [Int], ignoring ignoredLabel: Int? = nil,
  classWeights: Tensor<Scalar>? = nil, reduction: NoReduction
) -> SampleLosses<Scalar> {
  let rows = labelWeights(logProbabilities, labels, ignoredLabel, classWeights)
  let each = likelihoods(logProbabilities, rows, scale: 1)
  return SampleLosses(losses: each.losses, gradientOfSum: each.gradient)
}

private let (name, what) = ("negativeLogLikelihood", "log-probabilities")

private func labelWeights<S>(
  _ x: Tensor<S>, _ labels: [Int], _ ignored: Int?, _ classWeights: Tensor<S>?
) -> LabelWeights<S> {
  if let classWeights {
    return LabelWeights(labels, ignoring: ignored, classWeights, of: x, name, what)
  }
  return LabelWeights(labels, ignoring: ignored, of: x, name, what)
}

private func likelihoods<S>(
  _ x: Tensor<S>, _ rows: LabelWeights<S>, scale: Double
) -> (losses: Tensor<S>, gradient: Tensor<S>) {
  let weights = rows.weights
  var losses = Tensor<S>(uninitialized: weights.shape)
  var gradient = Tensor<S>.zeros(x.shape)
  VectorKernels.negativeLogLikelihood(
    x.span, labels: rows.countedLabels, weights: weights.span, columns: x.asRows.shape[1],
    scale: scale, losses: losses.mutableSpan, gradient: gradient.mutableSpan)
  return (losses, gradient)
}
