public import BackflowKernels
public import BackflowLinearAlgebra

// Each keeps its output y, from which its local gradient is cheapest. Any shape; cost O(count).

/// The rectified linear unit.
///
///     y = max(x, 0)        x̄ = ȳ where y > 0, else 0
///
/// The gradient at x = 0 is 0, as in PyTorch.
public struct ReLU<Scalar: RealScalar>: ParameterlessLayer {
  /// A ReLU.
  public init() {}

  /// y, which is also the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let output = relu(input)
    return (output, output)
  }

  /// ȳ where y > 0, else 0.
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ output: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(output, outputGradient) { VectorKernels.reluBackward($0, $1, into: $2) }
  }
}

/// The logistic function.
///
///     y = 1/(1 + e⁻ˣ)        x̄ = ȳ y (1 − y)
///
/// The local gradient is at most ¼, and vanishes where the unit is saturated.
public struct Sigmoid<Scalar: RealScalar>: ParameterlessLayer {
  /// A sigmoid.
  public init() {}

  /// y, which is also the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let output = sigmoid(input)
    return (output, output)
  }

  /// ȳ y (1 − y).
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ output: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(output, outputGradient) { VectorKernels.sigmoidBackward($0, $1, into: $2) }
  }
}

/// The hyperbolic tangent.
///
///     y = tanh x        x̄ = ȳ (1 − y²)
///
/// The local gradient is at most 1, and vanishes where the unit is saturated.
public struct Tanh<Scalar: RealScalar>: ParameterlessLayer {
  /// A tanh.
  public init() {}

  /// y, which is also the cache.
  public func forward(
    _ input: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, cache: Tensor<Scalar>) {
    let output = tanh(input)
    return (output, output)
  }

  /// ȳ (1 − y²).
  public func inputGradient(
    _ outputGradient: Tensor<Scalar>, _ output: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    combine(output, outputGradient) { VectorKernels.tanhBackward($0, $1, into: $2) }
  }
}

private func combine<S>(
  _ output: Tensor<S>, _ outputGradient: Tensor<S>,
  _ kernel: (Span<S>, Span<S>, consuming MutableSpan<S>) -> Void
) -> Tensor<S> {
  require(
    output.shape == outputGradient.shape,
    "the output has shape \(output.shape), its gradient \(outputGradient.shape)")
  var result = Tensor<S>(uninitialized: output.shape)
  kernel(output.span, outputGradient.span, result.mutableSpan)
  return result
}
