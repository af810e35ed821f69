public import BackflowKernels
public import BackflowLinearAlgebra

/// The hyperbolic tangent.
///
///     y = tanh x        x̄ = ȳ (1 − y²)
///
/// The slope is at most 1 and vanishes where the unit is saturated. It is computed from x, because
/// y rounds to ±1 long before the slope is 0. LeCun et al., "Efficient BackProp", 1998.
///
/// Shapes: any. Cache: x and y. Cost: O(count).
public struct Tanh<Scalar: RealScalar>: ParameterlessLayer {
  /// A tanh.
  public init() {}

  /// y, and x and y as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: SaturatingCache<Scalar>) {
    let output = tanh(input)
    return (output, SaturatingCache(input: input, output: output))
  }

  /// ȳ (1 − y²), of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ cache: SaturatingCache<Scalar>
  ) -> Tensor<Scalar> {
    combine(cache.input, outputGradient, "Tanh") {
      VectorKernels.tanhBackward(at: $0, $1, into: $2)
    }
  }

  /// The output of the nonlinearity.
  public func activations(in cache: SaturatingCache<Scalar>) -> [Activation<Scalar>] {
    [Activation(.tanh, output: cache.output)]
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { x, _, y in VectorKernels.tanh(x, into: y) }
  }

  /// Multiplies the signal by the slope.
  public var signalKind: SignalKind? { .activation }
}
