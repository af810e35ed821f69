public import BackflowKernels
internal import BackflowLinearAlgebra

/// The reason why gradients could not be clipped. They are left unchanged then.
public enum GradientClippingError: BackflowError, Equatable {
  /// A gradient holds NaN or infinity, which scaling cannot repair.
  case nonFiniteGradient(parameter: String, count: Int)
  /// The limit is negative, NaN, or zero in the precision of the gradients: scaling to it would
  /// erase or reverse them.
  case limitNotPositive(Double)

  /// The reason in a sentence.
  public var description: String {
    switch self {
    case .nonFiniteGradient(let parameter, let count):
      "the gradient of \(parameter) has \(count) NaN or infinite element\(count == 1 ? "" : "s")"
    case .limitNotPositive(let limit):
      "the limit of clipping must be positive in the gradients' precision, not \(limit)"
    }
  }
}

/// Scales all gradients by one factor so that their global Euclidean norm is at most `limit`.
///
///     g ← g · min(1, limit / ‖g‖),   ‖g‖² = Σ over all parameters
///
/// The direction is kept. The norm is computed in double and scaled where a square would overflow,
/// so large finite gradients are shortened, never set to zero. Afterwards the norm is at most
/// `limit` to the last bit, so that clipping again changes nothing; it is below the limit by a few
/// units in the last place, or by more where the limit is so small that elements lose digits.
/// Pascanu et al., ICML 2013.
///
/// Cost: a pass to measure, and two more to scale and check gradients that exceed the limit.
///
/// - Returns: The norm before clipping; ∞ if a double cannot represent it.
/// - Throws: `GradientClippingError`, naming the first parameter whose gradient is not finite, or
///   if the limit is not positive in the gradients' precision. Nothing is changed then.
@discardableResult
public func clipGradientNorm<Model: Parameterized>(
  _ gradients: inout Model, to limit: Double
) throws(GradientClippingError) -> Double {
  try requirePositive(limit, in: Model.Scalar.self)
  // A list of the gradients that were kept would make scaling copy them.
  let norm = globalNorm(gradients.parameterList(named: false).values)
  // A finite norm proves that every element is finite.
  if !norm.isFinite { try requireFinite(gradients) }
  guard norm > limit else { return norm }
  if norm.isFinite {
    gradients.scale(by: ClippingFactor(from: norm, to: limit))
  } else {
    let scaled = globalNorm(
      gradients.parameterList(named: false).values.map { $0 * 0x1p-600 })
    gradients.scale(by: ClippingFactor(from: scaled, times: 600, to: limit))
  }
  var margin = 1
  while case let rest = globalNorm(gradients.parameterList(named: false).values), rest > limit {
    margin *= 2
    gradients.scale(by: ClippingFactor(from: rest, to: limit, margin: margin))
    gradients.removeLastPlace()
  }
  return norm
}

/// Limits every element of all gradients to ±`limit` (PyTorch `clip_grad_value_`).
///
/// The direction is not kept; where that matters, clip the norm. Mikolov, "Statistical language
/// models based on neural networks", thesis, 2012.
///
/// - Returns: The largest magnitude before clipping.
/// - Throws: `GradientClippingError`, naming the first parameter whose gradient is not finite, or
///   if the limit is not positive in the gradients' precision. Nothing is changed then.
@discardableResult
public func clipGradientValue<Model: Parameterized>(
  _ gradients: inout Model, to limit: Double
) throws(GradientClippingError) -> Double {
  try requirePositive(limit, in: Model.Scalar.self)
  try requireFinite(gradients)
  let largest = largestMagnitude(gradients.parameterList(named: false).values)
  if largest > limit {
    let bound = Model.Scalar(roundedDown: limit)
    gradients.visitParameters { _, gradient in gradient = gradient.clamped(to: -bound...bound) }
  }
  return largest
}

private func requirePositive<Scalar: RealScalar>(
  _ limit: Double, in _: Scalar.Type
) throws(GradientClippingError) {
  guard limit > 0, Scalar(roundedDown: limit) > 0 else { throw .limitNotPositive(limit) }
}

private func requireFinite<Model: Parameterized>(
  _ gradients: Model
) throws(GradientClippingError) {
  for (name, gradient) in gradients.namedParameters where !gradient.isFinite {
    throw .nonFiniteGradient(parameter: name, count: gradient.nonfiniteCount)
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func globalNorm<Scalar: RealScalar>(_ gradients: [Tensor<Scalar>]) -> Double {
  let norms = gradients.map { VectorKernels.norm($0.span) }
  return VectorKernels.norm(norms.span)
}

private func largestMagnitude<Scalar: RealScalar>(_ gradients: [Tensor<Scalar>]) -> Double {
  gradients.reduce(0) { max($0, Double($1.maxMagnitude())) }
}
