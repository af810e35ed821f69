internal import BackflowKernels
public import BackflowLinearAlgebra

extension VanillaCell {
  /// Backpropagation through time. With ȳ_t the gradient by the output h_t and ā_t that by a_t:
  ///
  ///     ā_t = (ȳ_t + W_hhᵀ ā_{t+1}) ⊙ φ′(a_t),   W_hhᵀ ā_{T+1} = the final state's gradient
  ///
  ///     x̄_t = W_ihᵀ ā_t          W̄_ih = Σ_t ā_t x_tᵀ         b̄_ih = b̄_hh = Σ_t ā_t
  ///     h̄_0 = W_hhᵀ ā_1          W̄_hh = Σ_t ā_t h_{t−1}ᵀ
  ///
  /// with φ′ from the output: 1 − h² for tanh, h > 0 for ReLU. Cost: 4·T·B·H·(I + H) flops.
  /// Werbos, Proc. IEEE 78 (1990).
  ///
  /// Shapes: ȳ [T, B, H], the final state's gradient [B, H], ā [T, B, H], x̄ [T, B, I]. Stops if a
  /// gradient has another shape.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func backward(
    _ outputGradient: Tensor<Scalar>, finalStateGradient: Tensor<Scalar>, _ cache: Cache,
    traced: Bool
  ) -> (
    inputGradient: Tensor<Scalar>, initialStateGradient: Tensor<Scalar>, gradients: VanillaCell,
    trace: BackwardTrace<Scalar>?
  ) {
    checkGradients(outputGradient, finalStateGradient, of: cache.hidden.shape)
    let (a, norms, hBar) = backpropagate(outputGradient, finalStateGradient, cache, traced)
    let biasGradient = a.asRows.sum(axis: 0)
    let gradients = VanillaCell(
      inputWeight: matmul(a.transposed, cache.input),
      recurrentWeight: recurrentWeightGradient(a, cache.hidden, cache.initialState),
      inputBias: biasGradient, recurrentBias: biasGradient, nonlinearity: nonlinearity)
    let trace =
      traced ? BackwardTrace(outputGradient, a, norms: norms, states: [hBar.entries]) : nil
    return (matmul(a, inputWeight), hBar.initial, gradients, trace)
  }

  /// ā_t for every step, [T, B, H], and h̄ back to h̄_0: the one part of the backward pass that goes
  /// step by step.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func backpropagate(
    _ outputGradient: Tensor<Scalar>, _ finalStateGradient: Tensor<Scalar>, _ cache: Cache,
    _ traced: Bool
  ) -> (preactivation: Tensor<Scalar>, norms: [Double], state: CarriedGradient<Scalar>) {
    let (time, batch) = (outputGradient.shape[0], outputGradient.shape[1])
    // ȳ_t, zero in the padding, to which everything else is added.
    var gradient = outputGradient
    var carried = CarriedGradient(finalStateGradient, time: time, traced: traced)
    let recurrent = PackedMatrix(recurrentWeight.span, rows: hiddenSize, columns: hiddenSize)
    let a = gradient.sequenceView()
    let hBar = carried.entries.sequenceView()
    let h = cache.hidden.readingSequenceView()

    let parts = Threads.map(batch, grain: grain(time: time, gates: 1), alignment: 2) { samples in
      var norms = StepNorms(time: time, traced: traced)
      for t in (0..<time).reversed() {
        let now = cache.active.at(t, of: samples)
        let entry = hBar.carryBack(to: t, of: samples)
        a[t, now].add(hBar[entry, now])
        multiplyByDerivative(of: nonlinearity, at: h[t, now], a[t, now])
        recurrent.multiply(a[t, now], into: hBar[entry, now])
        norms.note(a[t, now], at: t)
      }
      return norms
    }
    return (gradient, StepNorms(parts).norms, carried)
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
