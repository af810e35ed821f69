public import BackflowKernels
public import BackflowLinearAlgebra

/// The rectified linear unit.
///
///     y = max(x, 0)        x̄ = ȳ where y > 0, else 0
///
/// The gradient at x = 0 is 0, as in PyTorch.
/// Nair and Hinton, ICML 2010.
///
/// Shapes: any. Cache: y. Cost: O(count).
public struct ReLU<Scalar: RealScalar>: ParameterlessLayer {
  /// A ReLU.
  public init() {}

  /// y, which is also the cache.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let output = relu(input)
    return (output, output)
  }

  /// ȳ where y > 0, otherwise 0, of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ output: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(output, outputGradient, "ReLU") { VectorKernels.reluBackward($0, $1, into: $2) }
  }

  /// The output of the nonlinearity.
  public func activations(in output: Tensor<Scalar>) -> [Activation<Scalar>] {
    [Activation(.relu, output: output)]
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { x, _, y in VectorKernels.relu(x, into: y) }
  }

  /// Multiplies the signal by the slope.
  public var signalKind: SignalKind? { .activation }
}
