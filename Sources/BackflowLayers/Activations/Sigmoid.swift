public import BackflowKernels
public import BackflowLinearAlgebra

/// The logistic function.
///
///     y = 1/(1 + e⁻ˣ)        x̄ = ȳ y (1 − y) = ȳ σ(x) σ(−x)
///
/// The slope is at most ¼ and vanishes where the unit is saturated. It is computed from x, because
/// in single precision y rounds to 1 from x = 17 on, where the slope is 4e-8 and not 0. LeCun et
/// al., "Efficient BackProp", 1998.
///
/// Shapes: any. Cache: x and y. Cost: O(count).
public struct Sigmoid<Scalar: RealScalar>: ParameterlessLayer {
  /// A sigmoid.
  public init() {}

  /// y, and x and y as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: SaturatingCache<Scalar>) {
    let output = sigmoid(input)
    return (output, SaturatingCache(input: input, output: output))
  }

  /// ȳ y (1 − y), of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ cache: SaturatingCache<Scalar>
  ) -> Tensor<Scalar> {
    combine(cache.input, outputGradient, "Sigmoid") {
      VectorKernels.sigmoidBackward(at: $0, $1, into: $2)
    }
  }

  /// The output of the nonlinearity.
  public func activations(in cache: SaturatingCache<Scalar>) -> [Activation<Scalar>] {
    [Activation(.sigmoid, output: cache.output)]
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { x, _, y in VectorKernels.sigmoid(x, into: y) }
  }

  /// Multiplies the signal by the slope.
  public var signalKind: SignalKind? { .activation }
}
