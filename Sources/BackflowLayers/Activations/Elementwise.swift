internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A tensor of `input`'s shape, filled by `kernel`.
func elementwise<S>(
  _ input: Tensor<S>, _ kernel: (Span<S>, consuming MutableSpan<S>) -> Void
) -> Tensor<S> {
  var result = Tensor<S>(uninitialized: input.shape)
  kernel(input.span, result.mutableSpan)
  return result
}

/// A tensor of `cached`'s shape, filled by `kernel` from it and the gradient with respect to the
/// output.
///
/// - Precondition: Both tensors have the same shape.
func combine<S>(
  _ cached: Tensor<S>, _ outputGradient: Tensor<S>, _ layer: String,
  _ kernel: (Span<S>, Span<S>, consuming MutableSpan<S>) -> Void
) -> Tensor<S> {
  requireGradient(outputGradient, of: cached.shape, layer)
  var result = Tensor<S>(uninitialized: cached.shape)
  kernel(cached.span, outputGradient.span, result.mutableSpan)
  return result
}

/// Checks the shape of a gradient.
///
/// - Precondition: The gradient has the shape of the output.
func requireGradient<S>(_ outputGradient: Tensor<S>, of output: Shape, _ layer: String) {
  require(
    outputGradient.shape == output,
    "\(layer): output gradient \(outputGradient.shape) instead of \(output)")
}
