internal import BackflowKernels
public import BackflowLinearAlgebra

extension LSTMCell {
  /// Backpropagation through time. With ȳ_t the gradient by the output h_t from above:
  ///
  ///     h̄_t = ȳ_t + W_hhᵀ ā_{t+1}                 c̄_t = c̄_{t+1} ⊙ f_{t+1} + h̄_t ⊙ o_t ⊙ (1 − tanh² c_t)
  ///
  ///     ō_t = h̄_t ⊙ tanh c_t ⊙ o_t (1 − o_t)      ī_t = c̄_t ⊙ g_t ⊙ i_t (1 − i_t)
  ///     f̄_t = c̄_t ⊙ c_{t−1} ⊙ f_t (1 − f_t)       ḡ_t = c̄_t ⊙ i_t ⊙ (1 − g_t²)
  ///
  ///     ā_t = (ī_t, f̄_t, ḡ_t, ō_t)
  ///     x̄_t = W_ihᵀ ā_t     W̄_ih = Σ_t ā_t x_tᵀ     W̄_hh = Σ_t ā_t h_{t−1}ᵀ     b̄ = Σ_t ā_t
  ///
  /// Cost: 16·T·B·H·(I + H) flops.
  /// Werbos, Proc. IEEE 78 (1990).
  ///
  /// Shapes: ȳ [T, B, H], the final state's gradient [B, H], ā [T, B, 4H], x̄ [T, B, I]. Stops if a
  /// gradient has another shape.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func backward(
    _ outputGradient: Tensor<Scalar>, finalStateGradient: LSTMState<Scalar>, _ cache: Cache,
    traced: Bool
  ) -> (
    inputGradient: Tensor<Scalar>, initialStateGradient: LSTMState<Scalar>, gradients: LSTMCell,
    trace: BackwardTrace<Scalar>?
  ) {
    checkGradients(outputGradient, finalStateGradient, of: cache.hidden.shape)
    let (a, norms, hBar, cBar) = backpropagate(outputGradient, finalStateGradient, cache, traced)
    let biasGradient = a.asRows.sum(axis: 0)
    let gradients = LSTMCell(
      inputWeight: matmul(a.transposed, cache.input),
      recurrentWeight: recurrentWeightGradient(a, cache.hidden, cache.initialState.hidden),
      inputBias: biasGradient, recurrentBias: biasGradient)
    let trace =
      traced
      ? BackwardTrace(outputGradient, a, norms: norms, states: [hBar.entries, cBar.entries]) : nil
    let initialStateGradient = LSTMState(hidden: hBar.initial, cell: cBar.initial)
    return (matmul(a, inputWeight), initialStateGradient, gradients, trace)
  }

  /// ā_t for every step, [T, B, 4H], and the gradients by h and c back to those by h_0 and c_0.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func backpropagate(
    _ outputGradient: Tensor<Scalar>, _ finalStateGradient: LSTMState<Scalar>, _ cache: Cache,
    _ traced: Bool
  ) -> (
    preactivation: Tensor<Scalar>, norms: [Double], hidden: CarriedGradient<Scalar>,
    cell: CarriedGradient<Scalar>
  ) {
    let (time, batch) = (outputGradient.shape[0], outputGradient.shape[1])
    var gradient = Tensor<Scalar>.states(time, batch, 4 * hiddenSize, cache.active)
    var (hidden, cell) = (
      CarriedGradient(finalStateGradient.hidden, time: time, traced: traced),
      CarriedGradient(finalStateGradient.cell, time: time, traced: traced)
    )
    let recurrent = PackedMatrix(recurrentWeight.span, rows: 4 * hiddenSize, columns: hiddenSize)
    let a = gradient.sequenceView()
    let (hBar, cBar) = (hidden.entries.sequenceView(), cell.entries.sequenceView())
    let y = outputGradient.readingSequenceView()
    let (ifgo, tanhC, c, c0) = (
      cache.gates.readingSequenceView(), cache.tanhCell.readingSequenceView(),
      cache.cell.readingSequenceView(), cache.initialState.cell.stateView()
    )

    let parts = Threads.map(batch, grain: grain(time: time, gates: 4), alignment: 2) { samples in
      var norms = StepNorms(time: time, traced: traced)
      for t in (0..<time).reversed() {
        let now = cache.active.at(t, of: samples)
        let entry = hBar.carryBack(to: t, of: samples)
        cBar.carryBack(to: t, of: samples)
        a[t, now].lstmBackward(
          gates: ifgo[t, now], previousCell: t == 0 ? c0[0, now] : c[t - 1, now],
          tanhCell: tanhC[t, now], outputGradient: y[t, now], nextGradient: hBar[entry, now],
          cellGradient: cBar[entry, now])
        recurrent.multiply(a[t, now], into: hBar[entry, now])
        norms.note(a[t, now], at: t)
      }
      return norms
    }
    return (gradient, StepNorms(parts).norms, hidden, cell)
  }
}
