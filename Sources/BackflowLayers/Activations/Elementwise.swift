internal import BackflowKernels
internal import BackflowLinearAlgebra

/// A tensor of `input`'s shape, filled by `kernel`.
func map<S>(
  _ input: Tensor<S>, _ kernel: (Span<S>, consuming MutableSpan<S>) -> Void
) -> Tensor<S> {
  var result = Tensor<S>(uninitialized: input.shape)
  kernel(input.span, result.mutableSpan)
  return result
}

/// A tensor of `cached`'s shape, filled by `kernel` from it and the gradient by the output. Stops
/// with the layer's name and both shapes if they differ.
func combine<S>(
  _ cached: Tensor<S>, _ outputGradient: Tensor<S>, _ layer: String,
  _ kernel: (Span<S>, Span<S>, consuming MutableSpan<S>) -> Void
) -> Tensor<S> {
  requireGradient(outputGradient, of: cached.shape, layer)
  var result = Tensor<S>(uninitialized: cached.shape)
  kernel(cached.span, outputGradient.span, result.mutableSpan)
  return result
}

/// Stops with both shapes unless the output's gradient has the output's shape.
func requireGradient<S>(_ outputGradient: Tensor<S>, of output: Shape, _ layer: String) {
  require(
    outputGradient.shape == output,
    "\(layer): the output has shape \(output), its gradient \(outputGradient.shape)")
}
