internal import BackflowKernels
public import BackflowLinearAlgebra

/// Returns the Kullback–Leibler divergence of distributions q from predicted ones, in nats, and its
/// gradient. For each sample, with its C log-probabilities x = ln p,
///
///     l = Σ_c q_c (ln q_c − x_c),   x̄ = −q
///
/// The samples are the rows, so that the mean is PyTorch's `kl_div` with `batchmean` (for [N, C]);
/// its `mean` divides by C as well, and is not the divergence. 0 · ln 0 counts as 0, also where
/// x = −∞, for which PyTorch gives NaN. The gradient with respect to the logits z of
/// x = logSoftmax(z) is that of `softmaxCrossEntropy`, which differs by the entropy of q only.
/// Kullback and Leibler, "On information and sufficiency", 1951.
///
/// - Parameters:
///   - logProbabilities: x, [..., C]; leading axes are the samples. They are not checked to be
///     logarithms of a distribution.
///   - targets: q, of the same shape: probabilities, not their logarithms. Rows need not sum to 1.
///     A negative target gives NaN.
///   - reduction: Whether the loss is the mean or the sum over the samples.
/// - Returns: The loss, and x̄ of the log-probabilities' shape. The mean over no samples is NaN.
/// - Precondition: Both have the same shape, with at least one axis.
/// - Complexity: O(count), with one logarithm for each element.
public func klDivergence<Scalar>(
  _ logProbabilities: Tensor<Scalar>, _ targets: Tensor<Scalar>, reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  let losses = divergences(logProbabilities, targets)
  return (
    reduction(losses, losses.count), targets * Scalar(-reduction.scale(losses.count))
  )
}

/// Returns one loss for each sample, [...] for log-probabilities [..., C], and the gradient of
/// their sum.
///
/// - Precondition: Both have the same shape, with at least one axis.
public func klDivergence<Scalar>(
  _ logProbabilities: Tensor<Scalar>, _ targets: Tensor<Scalar>, reduction: NoReduction
) -> SampleLosses<Scalar> {
  SampleLosses(losses: divergences(logProbabilities, targets), gradientOfSum: -targets)
}

private func divergences<S>(_ x: Tensor<S>, _ targets: Tensor<S>) -> Tensor<S> {
  require(
    x.rank > 0 && x.shape == targets.shape,
    "klDivergence: targets of shape \(targets.shape) against log-probabilities of shape \(x.shape)")
  var terms = Tensor<S>(uninitialized: x.shape)
  VectorKernels.divergenceTerms(
    x.span, targets.span, logOfTarget: log(targets).span, into: terms.mutableSpan)
  return terms.sum(axis: x.rank - 1)
}
