internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Returns Σ_t ū_t h_{t−1}ᵀ, [G·H, H], for ū [T, B, G·H], the outputs h_1 … h_T, [T, B, H], and
/// h_0, [B, H].
///
/// There are two products, because one over h_0 … h_{T−1} would need a copy of them in one tensor.
func recurrentWeightGradient<S>(
  _ productGradient: Tensor<S>, _ hidden: Tensor<S>, _ initialState: Tensor<S>
) -> Tensor<S> {
  let time = hidden.shape[0]
  var gradient = Tensor<S>.zeros([productGradient.shape[2], hidden.shape[2]])
  if time == 0 { return gradient }
  matmul(
    productGradient.operand(1..<time).transposed, hidden.operand(0..<time - 1), addedTo: &gradient)
  matmul(productGradient.operand(0..<1).transposed, initialState, addedTo: &gradient)
  return gradient
}
