internal import BackflowKernels
public import BackflowLinearAlgebra

/// Returns the multi-class hinge loss of a support vector machine, and its gradient (PyTorch
/// `multi_margin_loss`). For each sample with its C scores x and its label y,
///
///     l = (1/C) Σ_{i ≠ y} max(0, margin − x_y + x_i)ᵖ,   p = 1, or 2 if squared
///
/// (Weston and Watkins, "Support vector machines for multi-class pattern recognition", ESANN 1999,
/// whose sum is C times this). At the kink, margin − x_y + x_i = 0, the gradient is 0.
///
/// - Parameters:
///   - scores: x, [..., C]; leading axes are the samples.
///   - labels: y, one in 0 ..< C for each sample, in row-major order.
///   - margin: The amount by which the score of the label should exceed the others.
///   - squared: Whether p is 2.
///   - reduction: Whether the loss is the mean or the sum over the samples.
/// - Returns: The loss, and its gradient with respect to the scores, which has their shape. The
///   mean over no samples is NaN.
/// - Precondition: There is one label in 0 ..< C for each sample.
/// - Complexity: O(count).
public func multiclassHinge<Scalar>(
  _ scores: Tensor<Scalar>, _ labels: [Int], margin: Double = 1, squared: Bool = false,
  reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  let scale = reduction.scale(labels.count)
  let each = hinges(scores, labels, margin: margin, squared: squared, scale: scale)
  return (reduction(each.losses, labels.count), each.gradient)
}

/// Returns one loss for each sample, [...] for scores [..., C], and the gradient of their sum.
///
/// - Precondition: There is one label in 0 ..< C for each sample.
public func multiclassHinge<Scalar>(
  _ scores: Tensor<Scalar>, _ labels: [Int], margin: Double = 1, squared: Bool = false,
  reduction: NoReduction
) -> SampleLosses<Scalar> {
  let each = hinges(scores, labels, margin: margin, squared: squared, scale: 1)
  return SampleLosses(losses: each.losses, gradientOfSum: each.gradient)
}

private func hinges<S>(
  _ scores: Tensor<S>, _ labels: [Int], margin: Double, squared: Bool, scale: Double
) -> (losses: Tensor<S>, gradient: Tensor<S>) {
  SettingRange.finite.check(margin, "the margin", of: "multiclassHinge", in: S.self)
  var (losses, gradient) = lossesOfRows(scores, labels.count, "multiclassHinge", "scores")
  VectorKernels.multiclassHinge(
    scores.span, labels: labels, columns: scores.asRows.shape[1], margin: margin,
    squared: squared, scale: scale,
    losses: losses.mutableSpan, gradient: gradient.mutableSpan)
  return (losses, gradient)
}
