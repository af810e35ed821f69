internal import BackflowKernels
internal import BackflowLinearAlgebra

/// Σ_t ā_t h_{t−1}ᵀ for pre-activations ā [T, B, G], states h [T, B, H] and h_0 [B, H]: [G, H].
///
/// Two products and no sequence h_0 … h_{T−1}: to put h_0 in front of the others would copy them all.
func recurrentWeightGradient<S>(
  _ preactivationGradient: Tensor<S>, _ hidden: Tensor<S>, _ initialState: Tensor<S>
) -> Tensor<S> {
  let time = hidden.shape[0]
  var gradient = Tensor<S>.zeros([preactivationGradient.shape[2], hidden.shape[2]])
  if time == 0 { return gradient }
  matmul(
    preactivationGradient.operand(1..<time).transposed, hidden.operand(0..<time - 1),
    addedTo: &gradient)
  matmul(preactivationGradient.operand(0..<1).transposed, initialState, addedTo: &gradient)
  return gradient
}
