public import BackflowKernels
public import BackflowLinearAlgebra

/// All axes but the first merged into one (PyTorch `Flatten` with its defaults).
///
///     y[n, (c, h, w, …)] = x[n, c, h, w, …]        x̄ = ȳ in the shape of x
///
/// Shapes: x [B, ...], y [B, rest]. Cache: the shape of x. Cost: none, the elements are shared.
public struct Flatten<Scalar: RealScalar>: ParameterlessLayer {
  /// A layer that flattens.
  public init() {}

  /// x as [B, rest].
  ///
  /// - Precondition: x has at least one axis.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Shape) {
    require(input.rank >= 1, "Flatten: input [] instead of [N, ...]")
    return (input.reshaped(to: flattened(input.shape)), input.shape)
  }

  /// ȳ, [B, rest], in the shape of x.
  ///
  /// - Precondition: ȳ has the shape of y.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ inputShape: Shape
  ) -> Tensor<Scalar> {
    requireGradient(outputGradient, of: flattened(inputShape), "Flatten")
    return outputGradient.reshaped(to: inputShape)
  }

  private func flattened(_ shape: Shape) -> Shape {
    [shape[0], shape.dropFirst().reduce(1, *)]
  }

  /// Neither a weight nor a nonlinearity.
  public var signalKind: SignalKind? { .other }
}
