public import BackflowKernels
public import BackflowLinearAlgebra

/// The rectified linear unit with a slope for negative inputs (PyTorch `LeakyReLU`).
///
///     y = x where x > 0, else s x        x̄ = ȳ where x > 0, else s ȳ
///
/// No unit is ever dead. Maas, Hannun and Ng, ICML 2013.
///
/// Shapes: any. Cache: x. Cost: O(count).
public struct LeakyReLU<Scalar: RealScalar>: ParameterlessLayer {
  /// s
  public let slope: Scalar

  /// A leaky ReLU with this slope for negative inputs.
  ///
  /// - Precondition: The slope is finite.
  public init(slope: Scalar = 0.01) {
    SettingRange.finite.check(Double(slope), "the slope", of: "LeakyReLU")
    self.slope = slope
  }

  /// y, and x as the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    (elementwise(input) { VectorKernels.leakyReLU($0, slope: slope, into: $1) }, input)
  }

  /// ȳ where x > 0, else s ȳ, of x's shape.
  ///
  /// - Precondition: ȳ has the shape of x.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ input: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(input, outputGradient, "LeakyReLU") {
      VectorKernels.leakyReLUBackward($0, $1, slope: slope, into: $2)
    }
  }

  /// Returns the function as a stage of rows.
  public func prepared() -> PreparedRows<Scalar> {
    PreparedRows { [slope] x, _, y in VectorKernels.leakyReLU(x, slope: slope, into: y)
    }
  }

  /// Multiplies the signal by the slope.
  public var signalKind: SignalKind? { .activation }
}
