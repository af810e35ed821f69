public import BackflowKernels
public import BackflowLinearAlgebra

/// All axes but the first merged into one (PyTorch `Flatten` with its defaults).
///
///     y[n, (c, h, w, …)] = x[n, c, h, w, …]        x̄ = ȳ in the shape of x
///
/// Shapes: x [N, ...], y [N, rest]. Cache: the shape of x. Cost: none, the elements are shared.
public struct Flatten<Scalar: RealScalar>: ParameterlessLayer {
  /// A flattening.
  public init() {}

  /// x as [N, rest]. Stops at a scalar.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Shape) {
    require(input.rank >= 1, "Flatten: a scalar has no batch axis")
    return (input.reshaped(to: flattened(input.shape)), input.shape)
  }

  /// ȳ, [N, rest], in the shape of x. Stops unless it has y's shape.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ inputShape: Shape
  ) -> Tensor<Scalar> {
    requireGradient(outputGradient, of: flattened(inputShape), "Flatten")
    return outputGradient.reshaped(to: inputShape)
  }

  private func flattened(_ shape: Shape) -> Shape {
    [shape[0], shape.dropFirst().reduce(1, *)]
  }

  /// `.other`.
  public var signalKind: SignalKind? { .other }
}
