internal import BackflowKernels
public import BackflowLinearAlgebra

// Losses of single elements: every element is a sample, so the mean is over all of them. Nothing is
// broadcast, because [N] against [N, 1] would silently compare everything with everything.

// MARK: - Mean squared error

/// The mean squared error d², d = prediction − target, and its gradient 2d (PyTorch `mse_loss`).
///
/// The gradient has the shape of the prediction. The mean is over all elements, NaN for none.
/// Cost: O(count).
///
/// - Precondition: Prediction and target have the same shape.
public func meanSquaredError<Scalar>(
  _ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>, reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  reduced(.squaredError, prediction, target, reduction, "meanSquaredError")
}

/// The squared error of each element: losses of the prediction's shape.
///
/// - Precondition: The target has this shape.
public func meanSquaredError<Scalar>(
  _ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>, reduction: NoReduction
) -> SampleLosses<Scalar> {
  perSample(.squaredError, prediction, target, "meanSquaredError")
}

// MARK: - Mean absolute error

/// The mean absolute error |d|, d = prediction − target, and its gradient sign(d), which is 0 at
/// the kink d = 0 (PyTorch `l1_loss`).
///
/// The gradient has the shape of the prediction. The mean is over all elements, NaN for none.
/// Cost: O(count).
///
/// - Precondition: Prediction and target have the same shape.
public func meanAbsoluteError<Scalar>(
  _ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>, reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  reduced(.smoothL1(beta: 0), prediction, target, reduction, "meanAbsoluteError")
}

/// The absolute error of each element: losses of the prediction's shape.
///
/// - Precondition: The target has this shape.
public func meanAbsoluteError<Scalar>(
  _ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>, reduction: NoReduction
) -> SampleLosses<Scalar> {
  perSample(.smoothL1(beta: 0), prediction, target, "meanAbsoluteError")
}

// MARK: - Huber

/// Huber's loss of d = prediction − target, and its gradient, d limited to ±δ (PyTorch
/// `huber_loss`).
///
///     ½ d²            for |d| ≤ δ        gradient d
///     δ (|d| − ½ δ)   beyond             gradient δ sign(d)
///
/// At |d| = δ both branches give the same loss and gradient. Huber, "Robust estimation of a
/// location parameter", 1964. Limiting d before squaring it is another loss, whose gradient beyond
/// δ is zero: nothing is learned from such samples.
///
/// The gradient has the shape of the prediction. The mean is over all elements, NaN for none.
/// Cost: O(count).
///
/// - Precondition: Prediction and target have the same shape, and δ is positive, also when rounded
///   to `Scalar`.
public func huber<Scalar>(
  _ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>, delta: Double = 1,
  reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  checkDelta(delta, in: Scalar.self)
  return reduced(.huber(delta: delta), prediction, target, reduction, "huber")
}

/// Huber's loss of each element: losses of the prediction's shape.
///
/// - Precondition: The target has this shape, and δ is positive.
public func huber<Scalar>(
  _ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>, delta: Double = 1,
  reduction: NoReduction
) -> SampleLosses<Scalar> {
  checkDelta(delta, in: Scalar.self)
  return perSample(.huber(delta: delta), prediction, target, "huber")
}

private func checkDelta<S: RealScalar>(_ delta: Double, in _: S.Type) {
  SettingRange.positive.check(delta, "delta", of: "huber", in: S.self)
}

// MARK: - Smooth L1

/// The smooth L1 loss of d = prediction − target, and its gradient (PyTorch `smooth_l1_loss`):
/// Huber's loss with δ = β, divided by β.
///
///     ½ d²/β      for |d| < β        gradient d/β
///     |d| − ½ β   beyond             gradient sign(d)
///
/// At |d| = β both branches give the same loss and gradient. β = 0 is the absolute error |d|, whose
/// gradient at its kink d = 0 is 0. Girshick, "Fast R-CNN", ICCV 2015.
///
/// The gradient has the shape of the prediction. The mean is over all elements, NaN for none.
/// Cost: O(count).
///
/// - Precondition: Prediction and target have the same shape, and β is 0, or positive also when
///   rounded to `Scalar`.
public func smoothL1<Scalar>(
  _ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>, beta: Double = 1,
  reduction: Reduction = .mean
) -> (loss: Scalar, gradient: Tensor<Scalar>) {
  checkBeta(beta, in: Scalar.self)
  return reduced(.smoothL1(beta: beta), prediction, target, reduction, "smoothL1")
}

/// The smooth L1 loss of each element: losses of the prediction's shape.
///
/// - Precondition: The target has this shape, and β is not negative.
public func smoothL1<Scalar>(
  _ prediction: Tensor<Scalar>, _ target: Tensor<Scalar>, beta: Double = 1,
  reduction: NoReduction
) -> SampleLosses<Scalar> {
  checkBeta(beta, in: Scalar.self)
  return perSample(.smoothL1(beta: beta), prediction, target, "smoothL1")
}

private func checkBeta<S: RealScalar>(_ beta: Double, in _: S.Type) {
  SettingRange.zeroOrPositive.check(beta, "beta", of: "smoothL1", in: S.self)
}

// MARK: - What they share

func reduced<S>(
  _ loss: VectorKernels.ElementwiseLoss, _ prediction: Tensor<S>, _ target: Tensor<S>,
  _ reduction: Reduction, _ name: String
) -> (loss: S, gradient: Tensor<S>) {
  let count = prediction.count
  let each = elementLosses(loss, prediction, target, scale: reduction.scale(count), name)
  return (reduction(each.losses, count), each.gradient)
}

func perSample<S>(
  _ loss: VectorKernels.ElementwiseLoss, _ prediction: Tensor<S>, _ target: Tensor<S>,
  _ name: String
) -> SampleLosses<S> {
  let each = elementLosses(loss, prediction, target, scale: 1, name)
  return SampleLosses(losses: each.losses, gradientOfSum: each.gradient)
}

func elementLosses<S>(
  _ loss: VectorKernels.ElementwiseLoss, _ prediction: Tensor<S>, _ target: Tensor<S>,
  scale: Double, _ name: String
) -> (losses: Tensor<S>, gradient: Tensor<S>) {
  requireSameShape(prediction, target, name)
  var losses = Tensor<S>(uninitialized: prediction.shape)
  var gradient = Tensor<S>(uninitialized: prediction.shape)
  VectorKernels.elementwiseLoss(
    loss, prediction.span, target.span, scale: scale,
    losses: losses.mutableSpan, gradient: gradient.mutableSpan)
  return (losses, gradient)
}

func requireSameShape<S>(_ prediction: Tensor<S>, _ target: Tensor<S>, _ name: String) {
  require(
    prediction.shape == target.shape,
    "\(name): a prediction of shape \(prediction.shape) against a target of shape \(target.shape)")
}
