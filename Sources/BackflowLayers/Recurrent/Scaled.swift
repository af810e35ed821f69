internal import BackflowKernels
internal import BackflowLinearAlgebra

/// diag(d) A, for d [H] and A [H, columns].
func scaled<S>(_ diagonal: Tensor<S>, _ matrix: Tensor<S>) -> Tensor<S> {
  diagonal.reshaped(to: [diagonal.count, 1]) * matrix
}
