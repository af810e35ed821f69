internal import BackflowKernels
public import BackflowLinearAlgebra

/// The cross-entropy between σ(x) and the probability t of "yes", in nats, and its gradient with
/// respect to the logits x (PyTorch `binary_cross_entropy_with_logits`).
///
///     −p t ln σ(x) − (1 − t) ln(1 − σ(x))          p = 1 without weights
///     gradient (1 − t) σ(x) − p t σ(−x)            σ(x) − t without weights
///
/// It takes logits, as its sibling `softmaxCrossEntropy` does, and not probabilities, as the
/// functions named `binary_cross_entropy` of PyTorch and Keras do. t is not checked to lie in
/// 0...1. Computed from the logit and not from σ(x), neither the loss nor the gradient loses digits
/// where the answer is certain.
///
/// A weight p above 1 raises the recall of a rare "yes", one below 1 the precision. The usual
/// weight is the number of samples with "no" over that with "yes".
///
/// - Parameters:
///   - logits: x, [...].
///   - target: t, of the same shape.
///   - positiveWeights: p (PyTorch's `pos_weight`): [C] for logits [..., C], or [] for one weight
///     of all elements; each 0 or positive and finite. `nil` for ones.
///   - reduction: Whether the loss is the mean or the sum over the elements.
/// - Returns: The loss, and its gradient of the logits' shape. The mean is over all elements,
///   whatever their weights, NaN for none.
/// - Precondition: Logits and target have the same shape, and the weights one of those above.
/// - Complexity: O(count), two transcendental functions for each element, four with weights.
public func sigmoidCrossEntropy<Scalar>(
  _ logits: Tensor<Scalar>, _ target: Tensor<Scalar>, positiveWeights: Tensor<Scalar>? = nil,
  reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  guard let positiveWeights else {
    return reduced(.sigmoidCrossEntropy, logits, target, reduction, name)
  }
  let scale = reduction.scale(logits.count)
  let each = crossEntropies(logits, target, positiveWeights, scale: scale)
  return (reduction(each.losses, logits.count), each.gradient)
}

/// The cross-entropy of each element, in nats: losses of the logits' shape.
///
/// - Precondition: The target has this shape. The weights have the shape [C] for logits [..., C],
///   or [], and are 0 or positive and finite.
public func sigmoidCrossEntropy<Scalar>(
  _ logits: Tensor<Scalar>, _ target: Tensor<Scalar>, positiveWeights: Tensor<Scalar>? = nil,
  reduction: NoReduction
) -> SampleLosses<Scalar> {
  guard let positiveWeights else {
    return perSample(.sigmoidCrossEntropy, logits, target, name)
  }
  let each = crossEntropies(logits, target, positiveWeights, scale: 1)
  return SampleLosses(losses: each.losses, gradientOfSum: each.gradient)
}

private let name = "sigmoidCrossEntropy"

private func crossEntropies<S>(
  _ logits: Tensor<S>, _ target: Tensor<S>, _ positiveWeights: Tensor<S>, scale: Double
) -> (losses: Tensor<S>, gradient: Tensor<S>) {
  requireSameShape(logits, target, name)
  require(
    positiveWeights.rank == 0
      || logits.rank > 0 && positiveWeights.shape == [logits.shape[logits.rank - 1]],
    "\(name): positive weights of shape \(positiveWeights.shape) against logits of shape"
      + " \(logits.shape)")
  checkWeights(positiveWeights, "the positive weights", of: name)
  // Both logarithms have all their digits, so that nothing cancels for t in 0...1 and any p.
  let (shape, kind) = (logits.shape, VectorKernels.ElementwiseLoss.sigmoidCrossEntropy)
  let one = elementLosses(kind, logits, .ones(shape), scale: 1, name)
  let zero = elementLosses(kind, logits, .zeros(shape), scale: 1, name)
  var losses = Tensor<S>(uninitialized: shape)
  var gradient = Tensor<S>(uninitialized: shape)
  VectorKernels.weightAnswers(
    target.span, positiveWeights: positiveWeights.span, scale: scale,
    lossOfOne: one.losses.span, slopeOfOne: one.gradient.span, lossOfZero: zero.losses.span,
    slopeOfZero: zero.gradient.span, losses: losses.mutableSpan, gradient: gradient.mutableSpan)
  return (losses, gradient)
}
