public import BackflowKernels
public import BackflowLinearAlgebra

/// The smooth ReLU (PyTorch `Softplus` with β = 1).
///
///     y = ln(1 + eˣ)        x̄ = ȳ σ(x),   σ(x) = 1/(1 + e⁻ˣ)
///
/// Exact for every x: PyTorch returns x itself beyond its threshold of 20, which differs by 2e-9.
/// Dugas et al., NIPS 2000.
///
/// Shapes: any. Cache: x. Cost: O(count).
public struct Softplus<Scalar: RealScalar>: ParameterlessLayer {
  /// A softplus.
  public init() {}

  /// y, and x as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    (elementwise(input) { VectorKernels.softplus($0, into: $1) }, input)
  }

  /// ȳ σ(x), of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ input: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(input, outputGradient, "Softplus") { VectorKernels.softplusBackward($0, $1, into: $2) }
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { x, _, y in VectorKernels.softplus(x, into: y) }
  }

  /// Multiplies the signal by the slope.
  public var signalKind: SignalKind? { .activation }
}
