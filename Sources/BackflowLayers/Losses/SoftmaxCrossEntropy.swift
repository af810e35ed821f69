internal import BackflowKernels
public import BackflowLinearAlgebra

/// Returns the cross-entropy between softmax(z) and integer labels y, in nats, and its gradient
/// (PyTorch `cross_entropy`). For each sample, with its C logits z and q = onehot(y):
///
///     l = −Σ_c q_c ln p_c,   p = softmax(z)
///     z̄ = p − q
///
/// Label smoothing ε mixes q with the uniform distribution over all classes, q ← (1 − ε) q + ε/C
/// (Szegedy et al., "Rethinking the Inception architecture", CVPR 2016). The log-sum-exp is shifted
/// by each row's maximum, so no logit overflows.
///
/// With class weights w, the target is q_c = w_c ((1 − ε) [c = y] + ε/C), and z̄ = p Σ_c q_c − q.
/// The mean divides by the sum Σ_n w_{y_n} of the weights of the labels, as PyTorch's does. Without
/// smoothing, a label of weight 0 is like an ignored one.
///
/// - Parameters:
///   - logits: z, [..., C]; leading axes are the samples.
///   - labels: y, one in 0 ..< C for each sample, in row-major order.
///   - ignoredLabel: The label of padding, which may be any number, also outside 0 ..< C. Its
///     samples count neither in the sum nor in the mean, even if their logits are not finite.
///   - labelSmoothing: ε.
///   - classWeights: w, [C], each 0 or positive and finite (PyTorch's `weight`); `nil` for ones.
///   - reduction: Whether the loss is the mean or the sum over the samples.
/// - Returns: The loss, and z̄ of the logits' shape. The mean over no samples is NaN.
/// - Precondition: There is one label for each sample and one weight for each class, and ε is in
///   0...1.
/// - Complexity: O(count), with one exponential for each element.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
public func softmaxCrossEntropy<Scalar>(
  _ logits: Tensor<Scalar>, _ labels: [Int], ignoring ignoredLabel: Int? = nil,
  labelSmoothing: Double = 0, classWeights: Tensor<Scalar>? = nil, reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  if let classWeights {
    let rows = LabelWeights(labels, ignoring: ignoredLabel, classWeights, of: logits, name)
    let each = crossEntropies(
      logits, rows, labelSmoothing, scale: reduction.scale(total: rows.total))
    return (reduction(each.losses, total: rows.total), each.gradient)
  }
  let count = ignoredLabel.map { ignored in labels.count { $0 != ignored } } ?? labels.count
  let each = crossEntropies(
    logits, labels, ignoring: ignoredLabel, labelSmoothing, scale: reduction.scale(count))
  return (reduction(each.losses, count), each.gradient)
}

/// Returns one loss for each sample, [...] for logits [..., C], and the gradient of their sum. The
/// loss of a sample whose label is ignored is 0.
///
/// - Precondition: There is one label for each sample and one weight for each class, and ε is in
///   0...1.
public func softmaxCrossEntropy<Scalar>(
  _ logits: Tensor<Scalar>, _ labels: [Int], ignoring ignoredLabel: Int? = nil,
  labelSmoothing: Double = 0, classWeights: Tensor<Scalar>? = nil, reduction: NoReduction
) -> SampleLosses<Scalar> {
  if let classWeights {
    let rows = LabelWeights(labels, ignoring: ignoredLabel, classWeights, of: logits, name)
    let each = crossEntropies(logits, rows, labelSmoothing, scale: 1)
    return SampleLosses(losses: each.losses, gradientOfSum: each.gradient)
  }
  let each = crossEntropies(
    logits, labels, ignoring: ignoredLabel, labelSmoothing, scale: 1)
  return SampleLosses(losses: each.losses, gradientOfSum: each.gradient)
}

/// Returns the cross-entropy between softmax(z) and distributions q, in nats, and its gradient with
/// respect to z (PyTorch `cross_entropy` with probabilities). For each sample, with its C logits z:
///
///     l = −Σ_c q_c ln p_c,   p = softmax(z)
///     z̄ = p Σ_c q_c − q
///
/// 0 · ln 0 counts as 0. Label smoothing works as for integer labels. Class weights w multiply the
/// smoothed targets, q_c ← w_c q_c, and the mean divides by the number of samples, as PyTorch's
/// does.
///
/// - Parameters:
///   - logits: z, [..., C]; leading axes are the samples.
///   - targets: q, of the same shape. Rows need not sum to 1.
///   - labelSmoothing: ε.
///   - classWeights: w, [C], each 0 or positive and finite; `nil` for ones.
///   - reduction: Whether the loss is the mean or the sum over the samples.
/// - Returns: The loss, and z̄ of the logits' shape. The mean over no samples is NaN.
/// - Precondition: Logits and targets have the same shape, there is one weight for each class, and
///   ε is in 0...1.
/// - Complexity: O(count), with two exponentials for each element.
public func softmaxCrossEntropy<Scalar>(
  _ logits: Tensor<Scalar>, _ targets: Tensor<Scalar>, labelSmoothing: Double = 0,
  classWeights: Tensor<Scalar>? = nil, reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  let count = logits.asRows.shape[0]
  let each = crossEntropies(
    logits, targets, labelSmoothing, classWeights, scale: reduction.scale(count))
  return (reduction(each.losses, count), each.gradient)
}

/// Returns one loss for each sample, [...] for logits [..., C], and the gradient of their sum.
///
/// - Precondition: Logits and targets have the same shape, there is one weight for each class, and
///   ε is in 0...1.
public func softmaxCrossEntropy<Scalar>(
  _ logits: Tensor<Scalar>, _ targets: Tensor<Scalar>, labelSmoothing: Double = 0,
  classWeights: Tensor<Scalar>? = nil, reduction: NoReduction
) -> SampleLosses<Scalar> {
  let each = crossEntropies(logits, targets, labelSmoothing, classWeights, scale: 1)
  return SampleLosses(losses: each.losses, gradientOfSum: each.gradient)
}

private let name = "softmaxCrossEntropy"

private func crossEntropies<S>(
  _ logits: Tensor<S>, _ labels: [Int], ignoring ignoredLabel: Int?, _ labelSmoothing: Double,
  scale: Double
) -> (losses: Tensor<S>, gradient: Tensor<S>) {
  requireShare(labelSmoothing)
  var (losses, gradient) = lossesOfRows(logits, labels.count, name)
  VectorKernels.crossEntropy(
    logits.span, labels: labels, ignoring: ignoredLabel, columns: logits.asRows.shape[1],
    smoothing: labelSmoothing, scale: scale,
    losses: losses.mutableSpan, gradient: gradient.mutableSpan)
  return (losses, gradient)
}

/// The same for labels with weights.
private func crossEntropies<S>(
  _ logits: Tensor<S>, _ rows: LabelWeights<S>, _ labelSmoothing: Double, scale: Double
) -> (losses: Tensor<S>, gradient: Tensor<S>) {
  if labelSmoothing == 0 {
    let each = crossEntropies(
      logits, rows.countedLabels, ignoring: LabelWeights<S>.notCounted, 0, scale: scale)
    return (each.losses * rows.weights, rows.weighted(each.gradient))
  }
  requireShare(labelSmoothing)
  let each = crossEntropies(
    logits, rows.targets(of: logits.shape, smoothing: labelSmoothing), 0, nil, scale: scale)
  return rows.clearingIgnored(each)
}

private func crossEntropies<S>(
  _ logits: Tensor<S>, _ targets: Tensor<S>, _ labelSmoothing: Double, _ classWeights: Tensor<S>?,
  scale: Double
) -> (losses: Tensor<S>, gradient: Tensor<S>) {
  requireShare(labelSmoothing)
  require(
    targets.shape == logits.shape,
    "softmaxCrossEntropy: targets of shape \(targets.shape) against logits of shape"
      + " \(logits.shape)")
  var (losses, gradient) = lossesOfRows(logits, logits.asRows.shape[0], name)
  let columns = logits.asRows.shape[1]
  var (targets, smoothing) = (targets, labelSmoothing)
  if let classWeights {
    checkClassWeights(classWeights, of: logits, name)
    if smoothing > 0 {
      targets = targets * S(1 - smoothing) + S(smoothing / Double(columns))
      smoothing = 0
    }
    targets = targets * classWeights
  }
  VectorKernels.softCrossEntropy(
    logits.span, targets: targets.span, columns: columns, smoothing: smoothing, scale: scale,
    losses: losses.mutableSpan, gradient: gradient.mutableSpan)
  return (losses, gradient)
}

private func requireShare(_ labelSmoothing: Double) {
  SettingRange.share.check(labelSmoothing, "the label smoothing", of: "softmaxCrossEntropy")
}

/// Returns uninitialized tensors for the loss of each row of `prediction` and for the gradient.
///
/// - Precondition: There is one label for each row.
func lossesOfRows<S>(
  _ prediction: Tensor<S>, _ labelCount: Int, _ name: String, _ what: String = "logits"
) -> (losses: Tensor<S>, gradient: Tensor<S>) {
  requireLabels(labelCount, of: prediction, name, what)
  return (
    Tensor(uninitialized: prediction.shape.removing(axis: prediction.rank - 1)),
    Tensor(uninitialized: prediction.shape)
  )
}

/// - Precondition: There is one label for each row of `prediction`.
func requireLabels<S>(
  _ count: Int, of prediction: Tensor<S>, _ name: String, _ what: String = "logits"
) {
  require(
    prediction.rank >= 1 && count == prediction.asRows.shape[0],
    "\(name): \(count) labels against \(what) of shape \(prediction.shape)")
}
