public import BackflowKernels
public import BackflowLinearAlgebra

/// A layer that selects the last step of a sequence, such as the final state of a recurrence.
///
///     y = x_T        x̄_T = ȳ,   x̄_t = 0 for t < T
///
/// Shapes: x [T, B, ...], y [B, ...]. The cache is the shape of x. The forward pass copies one
/// step, and the backward pass writes all elements of x̄.
public struct LastStep<Scalar: RealScalar>: ParameterlessLayer {
  /// A layer that selects the last step.
  public init() {}

  /// Returns x_T, and the shape of x as the cache.
  ///
  /// - Precondition: x has at least one step.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Shape) {
    require(
      input.rank >= 2 && input.shape[0] > 0,
      "LastStep: input \(input.shape) instead of [T, B, ...] with at least one step")
    return (input.select(input.shape[0] - 1), input.shape)
  }

  /// Returns ȳ at the last step, and zeros before it.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func inputGradient(_ outputGradient: Tensor<Scalar>, _ shape: Shape) -> Tensor<Scalar> {
    requireGradient(outputGradient, of: shape.removing(axis: 0), "LastStep")
    var result = Tensor<Scalar>.zeros(shape)
    result[shape[0] - 1..<shape[0]] = outputGradient.reshaped(to: shape.replacing(axis: 0, with: 1))
    return result
  }

  /// `.other`, because there is neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
