public import BackflowKernels
public import BackflowLinearAlgebra

/// The Gaussian error linear unit, in both of PyTorch's forms.
///
///     y = x Φ(x)                               x̄ = ȳ (Φ(x) + x φ(x))                  exact
///     y = ½ x (1 + tanh u)                     x̄ = ȳ (½ (1 + tanh u) + ½ x u′ (1 − tanh² u))
///     u = √(2/π) (x + 0.044715 x³)             u′ = √(2/π) (1 + 3 · 0.044715 x²)      tanh
///
/// with Φ the distribution function of the standard normal and φ its density. Hendrycks and Gimpel,
/// "Gaussian error linear units", arXiv:1606.08415.
///
/// Shapes: any. Cache: x. Cost: O(count).
public struct GELU<Scalar: RealScalar>: ParameterlessLayer {
  /// The way in which Φ is computed.
  public enum Approximation: Sendable, CaseIterable {
    /// Φ itself (PyTorch `approximate='none'`).
    case exact
    /// An approximation with a tanh (PyTorch `approximate='tanh'`), within 5e-4 of the exact form.
    case tanh
  }

  /// The way in which this layer computes Φ.
  public let approximation: Approximation

  /// A GELU that computes Φ this way.
  public init(_ approximation: Approximation = .exact) { self.approximation = approximation }

  /// y, and x as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    switch approximation {
    case .exact: return (elementwise(input) { VectorKernels.gelu($0, into: $1) }, input)
    case .tanh: return (elementwise(input) { VectorKernels.geluTanh($0, into: $1) }, input)
    }
  }

  /// ȳ y′(x), of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ input: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(input, outputGradient, "GELU") { x, dy, dx in
      switch approximation {
      case .exact: VectorKernels.geluBackward(x, dy, into: dx)
      case .tanh: VectorKernels.geluTanhBackward(x, dy, into: dx)
      }
    }
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    switch approximation {
    case .exact: PreparedRows { x, _, y in VectorKernels.gelu(x, into: y) }
    case .tanh: PreparedRows { x, _, y in VectorKernels.geluTanh(x, into: y) }
    }
  }

  /// Multiplies the signal by the slope.
  public var signalKind: SignalKind? { .activation }
}
