internal import BackflowKernels
public import BackflowLinearAlgebra

extension RNN {
  /// The gradients by the input and the parameters; see the three-valued `backward`.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (inputGradient: Tensor<Scalar>, gradients: RNN) {
    let (inputGradient, _, gradients) = backward(outputGradient, cache)
    return (inputGradient, gradients)
  }

  /// Backpropagation through time. With ȳ_t the gradient by the output h_t and ā_t that by a_t:
  ///
  ///     ā_t = (ȳ_t + W_hhᵀ ā_{t+1}) ⊙ φ′(a_t),   ā_{T+1} = 0
  ///
  ///     x̄_t = W_ihᵀ ā_t          W̄_ih = Σ_t ā_t x_tᵀ         b̄_ih = b̄_hh = Σ_t ā_t
  ///     h̄_0 = W_hhᵀ ā_1          W̄_hh = Σ_t ā_t h_{t−1}ᵀ
  ///
  /// with φ′ from the output: 1 − h² for tanh, h > 0 for ReLU. The output's gradient is [T, B, H];
  /// the input's is [T, B, I], the initial state's [B, H]. A gradient by the final state belongs in
  /// the last step of the output's. Cost: 4·T·B·H·(I + H) flops.
  public func backward(
    _ outputGradient: Tensor<Scalar>, _ cache: Cache
  ) -> (
    inputGradient: Tensor<Scalar>, initialStateGradient: Tensor<Scalar>, gradients: RNN
  ) {
    require(
      outputGradient.shape == cache.hidden.shape,
      "RNN: output gradient \(outputGradient.shape) instead of \(cache.hidden.shape)")
    let time = outputGradient.shape[0]
    let preactivationGradient = backpropagate(outputGradient, through: cache.hidden)

    var recurrentWeightGradient = Tensor<Scalar>.zeros(recurrentWeight.shape)
    var initialStateGradient = Tensor<Scalar>.zeros(cache.initialState.shape)
    if time > 0 {
      let first = preactivationGradient.operand(0..<1)
      matmul(
        preactivationGradient.operand(1..<time).transposed, cache.hidden.operand(0..<time - 1),
        addedTo: &recurrentWeightGradient)
      matmul(first.transposed, cache.initialState, addedTo: &recurrentWeightGradient)
      initialStateGradient = matmul(first, recurrentWeight)
    }
    let biasGradient = preactivationGradient.asRows.sum(axis: 0)
    let gradients = RNN(
      inputWeight: matmul(preactivationGradient.transposed, cache.input),
      recurrentWeight: recurrentWeightGradient,
      inputBias: biasGradient, recurrentBias: biasGradient, nonlinearity: nonlinearity)
    return (matmul(preactivationGradient, inputWeight), initialStateGradient, gradients)
  }

  /// ā_t for every step, [T, B, H]: the one part of the backward pass that goes step by step.
  private func backpropagate(
    _ outputGradient: Tensor<Scalar>, through hidden: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    let (time, batch) = (hidden.shape[0], hidden.shape[1])
    var gradient = outputGradient
    let recurrent = PackedMatrix(recurrentWeight.span, rows: hiddenSize, columns: hiddenSize)
    let a = gradient.sequenceView()
    let h = hidden.readingSequenceView()

    Threads.split(batch, grain: grain(time: time), alignment: 2) { samples in
      for t in (0..<time).reversed() {
        if t + 1 < time { recurrent.multiply(a[t + 1, samples], addingTo: a[t, samples]) }
        multiplyByDerivative(of: nonlinearity, at: h[t, samples], a[t, samples])
      }
    }
    return gradient
  }

  private func multiplyByDerivative(
    of nonlinearity: Nonlinearity, at output: RowsView<Scalar>, _ rows: RowsView<Scalar>
  ) {
    switch nonlinearity {
    case .tanh: rows.multiplyByTanhDerivative(at: output)
    case .relu: rows.multiplyByReLUDerivative(at: output)
    }
  }
}
