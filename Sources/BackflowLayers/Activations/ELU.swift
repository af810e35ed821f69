public import BackflowKernels
public import BackflowLinearAlgebra

/// The exponential linear unit.
///
///     y = x where x > 0, else α (eˣ − 1)        x̄ = ȳ where x > 0, else ȳ α eˣ
///
/// Clevert, Unterthiner and Hochreiter, ICLR 2016.
///
/// Shapes: any. Cache: x, because y + α, which also is α eˣ, cancels. Cost: O(count).
public struct ELU<Scalar: RealScalar>: ParameterlessLayer {
  /// α, minus the limit of y far below 0.
  public let alpha: Scalar

  /// An ELU with this α.
  ///
  /// - Precondition: α is 0 or positive and finite.
  public init(alpha: Scalar = 1) {
    SettingRange.zeroOrPositive.check(Double(alpha), "α", of: "ELU")
    self.alpha = alpha
  }

  /// y, and x as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    (elementwise(input) { VectorKernels.elu($0, alpha: alpha, into: $1) }, input)
  }

  /// ȳ where x > 0, else ȳ α eˣ, of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ input: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(input, outputGradient, "ELU") {
      VectorKernels.eluBackward(at: $0, $1, alpha: alpha, into: $2)
    }
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { [alpha] x, _, y in VectorKernels.elu(x, alpha: alpha, into: y) }
  }

  /// Multiplies the signal by the slope.
  public var signalKind: SignalKind? { .activation }
}
