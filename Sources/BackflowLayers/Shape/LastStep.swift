public import BackflowKernels
public import BackflowLinearAlgebra

/// The last step of a sequence, for a layer that reads the final state of a recurrence.
///
///     y = x_T        x̄_T = ȳ,   x̄_t = 0 for t < T
///
/// Shapes: x [T, B, ...], y [B, ...]. Cache: the shape of x. Cost: count/T moves forward, count
/// backward.
public struct LastStep<Scalar: RealScalar>: ParameterlessLayer {
  /// A layer that selects the last step.
  public init() {}

  /// x_T, and the shape of x as the cache.
  ///
  /// - Precondition: x has at least one step.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Shape) {
    require(
      input.rank >= 2 && input.shape[0] > 0,
      "LastStep: input \(input.shape) instead of [T, B, ...] with at least one step")
    return (input.select(input.shape[0] - 1), input.shape)
  }

  /// ȳ at the last step, zero before it.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func inputGradient(_ outputGradient: Tensor<Scalar>, _ shape: Shape) -> Tensor<Scalar> {
    requireGradient(outputGradient, of: shape.removing(axis: 0), "LastStep")
    var result = Tensor<Scalar>.zeros(shape)
    result[shape[0] - 1..<shape[0]] = outputGradient.reshaped(to: shape.replacing(axis: 0, with: 1))
    return result
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
