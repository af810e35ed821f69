public import BackflowKernels
public import BackflowLinearAlgebra

/// The sigmoid-weighted linear unit, also called swish (PyTorch `SiLU`).
///
///     y = x σ(x)        x̄ = ȳ σ(x) (1 + x (1 − σ(x))),   σ(x) = 1/(1 + e⁻ˣ)
///
/// Elfwing, Uchibe and Doya, Neural Networks 107 (2018).
///
/// Shapes: any. Cache: x. Cost: O(count).
public struct SiLU<Scalar: RealScalar>: ParameterlessLayer {
  /// A SiLU.
  public init() {}

  /// y, and x as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    (elementwise(input) { VectorKernels.silu($0, into: $1) }, input)
  }

  /// ȳ σ(x) (1 + x (1 − σ(x))), of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ input: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(input, outputGradient, "SiLU") { VectorKernels.siluBackward($0, $1, into: $2) }
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { x, _, y in VectorKernels.silu(x, into: y) }
  }

  /// Multiplies the signal by the slope.
  public var signalKind: SignalKind? { .activation }
}
