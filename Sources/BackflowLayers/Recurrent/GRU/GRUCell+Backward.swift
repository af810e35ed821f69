internal import BackflowKernels
public import BackflowLinearAlgebra

extension GRUCell {
  /// Backpropagation through time. With ȳ_t the gradient by the output h_t from above and
  /// q_t = W_hn h_{t−1} + b_hn:
  ///
  ///     h̄_t = ȳ_t + h̄_{t+1} ⊙ z_{t+1} + W_hhᵀ (r̄_{t+1}, z̄_{t+1}, q̄_{t+1})
  ///
  ///     n̄_t = h̄_t ⊙ (1 − z_t) ⊙ (1 − n_t²)        z̄_t = h̄_t ⊙ (h_{t−1} − n_t) ⊙ z_t (1 − z_t)
  ///     q̄_t = n̄_t ⊙ r_t                           r̄_t = n̄_t ⊙ q_t ⊙ r_t (1 − r_t)
  ///
  ///     x̄_t = W_ihᵀ (r̄, z̄, n̄)     W̄_ih = Σ_t (r̄, z̄, n̄) x_tᵀ        b̄_ih = Σ_t (r̄, z̄, n̄)
  ///                               W̄_hh = Σ_t (r̄, z̄, q̄) h_{t−1}ᵀ    b̄_hh = Σ_t (r̄, z̄, q̄)
  ///
  /// Cost: 12·T·B·H·(I + H) flops.
  /// Werbos, Proc. IEEE 78 (1990).
  ///
  /// Shapes: ȳ [T, B, H], the final state's gradient [B, H], ā [T, B, 3H], x̄ [T, B, I]. Stops if a
  /// gradient has another shape.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func backward(
    _ outputGradient: Tensor<Scalar>, finalStateGradient: Tensor<Scalar>, _ cache: Cache,
    traced: Bool
  ) -> (
    inputGradient: Tensor<Scalar>, initialStateGradient: Tensor<Scalar>, gradients: GRUCell,
    trace: BackwardTrace<Scalar>?
  ) {
    checkGradients(outputGradient, finalStateGradient, of: cache.hidden.shape)
    switch resetGate {
    case .afterProduct:
      return backwardResettingProduct(outputGradient, finalStateGradient, cache, traced)
    case .beforeProduct:
      return backwardResettingState(outputGradient, finalStateGradient, cache, traced)
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func backwardResettingProduct(
    _ outputGradient: Tensor<Scalar>, _ finalStateGradient: Tensor<Scalar>, _ cache: Cache,
    _ traced: Bool
  ) -> (
    inputGradient: Tensor<Scalar>, initialStateGradient: Tensor<Scalar>, gradients: GRUCell,
    trace: BackwardTrace<Scalar>?
  ) {
    let (time, batch) = (outputGradient.shape[0], outputGradient.shape[1])
    var inputSide = Tensor<Scalar>.states(time, batch, 3 * hiddenSize, cache.active)
    var recurrentSide = Tensor<Scalar>.states(time, batch, 3 * hiddenSize, cache.active)
    var carried = CarriedGradient(finalStateGradient, time: time, traced: traced)
    let recurrent = PackedMatrix(recurrentWeight.span, rows: 3 * hiddenSize, columns: hiddenSize)
    let (rznBar, rzqBar) = (inputSide.sequenceView(), recurrentSide.sequenceView())
    let hBar = carried.entries.sequenceView()
    let (y, rzn, u, h, h0) = (
      outputGradient.readingSequenceView(), cache.gates.readingSequenceView(),
      cache.products.readingSequenceView(), cache.hidden.readingSequenceView(),
      cache.initialState.stateView()
    )

    let parts = Threads.map(batch, grain: grain(time: time, gates: 3), alignment: 2) { samples in
      var norms = StepNorms(time: time, traced: traced)
      for t in (0..<time).reversed() {
        let now = cache.active.at(t, of: samples)
        let entry = hBar.carryBack(to: t, of: samples)
        rznBar[t, now].gruBackward(
          productsGradient: rzqBar[t, now], gates: rzn[t, now], products: u[t, now],
          previous: t == 0 ? h0[0, now] : h[t - 1, now], outputGradient: y[t, now],
          nextGradient: hBar[entry, now])
        recurrent.multiply(rzqBar[t, now], addingTo: hBar[entry, now])
        norms.note(rzqBar[t, now], at: t)
      }
      return norms
    }
    let gradients = GRUCell(
      inputWeight: matmul(inputSide.transposed, cache.input),
      recurrentWeight: recurrentWeightGradient(recurrentSide, cache.hidden, cache.initialState),
      inputBias: inputSide.asRows.sum(axis: 0), recurrentBias: recurrentSide.asRows.sum(axis: 0),
      resetGate: resetGate)
    let trace =
      traced
      ? BackwardTrace(
        outputGradient, recurrentSide, norms: StepNorms(parts).norms, states: [carried.entries])
      : nil
    return (matmul(inputSide, inputWeight), carried.initial, gradients, trace)
  }
}

// MARK: - The reset gate before the product

extension GRUCell {
  /// With (3′), s_t = r_t ⊙ h_{t−1}, the recurrent weight is reached from two sides:
  ///
  ///     s̄_t = W_hnᵀ n̄_t      r̄_t = s̄_t ⊙ h_{t−1} ⊙ r_t (1 − r_t)
  ///     h̄_{t−1} gains h̄_t ⊙ z_t + s̄_t ⊙ r_t + W_hr,hzᵀ (r̄_t, z̄_t)
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func backwardResettingState(
    _ outputGradient: Tensor<Scalar>, _ finalStateGradient: Tensor<Scalar>, _ cache: Cache,
    _ traced: Bool
  ) -> (
    inputGradient: Tensor<Scalar>, initialStateGradient: Tensor<Scalar>, gradients: GRUCell,
    trace: BackwardTrace<Scalar>?
  ) {
    let (time, batch, size) = (outputGradient.shape[0], outputGradient.shape[1], hiddenSize)
    var a = Tensor<Scalar>.zeros([time, batch, 3 * size])
    var carried = finalStateGradient
    // What was carried after each step, the last step first.
    var entries = traced ? [carried] : []
    let (rzWeight, nWeight) = (gatesOfRecurrent(0..<2), gatesOfRecurrent(2..<3))
    for t in (0..<time).reversed() where traced || cache.active.counts[t] > 0 {
      let now = 0..<cache.active.counts[t]
      let previous = (t == 0 ? cache.initialState : cache.hidden.select(t - 1))[now]
      let gates = cache.gates.select(t)[now]
      let (r, z, n) = (
        gates.slice(0..<size, axis: 1), gates.slice(size..<2 * size, axis: 1),
        gates.slice(2 * size..<3 * size, axis: 1)
      )
      let hBar = outputGradient.select(t)[now] + carried[now]
      let nBar = hBar * (1 - z) * ((1 - n) * (1 + n))
      let sBar = matmul(nBar, nWeight)
      let rBar = sBar * previous * r * (1 - r)
      let zBar = hBar * (previous - n) * z * (1 - z)
      let rzBar = Tensor.concatenate([rBar, zBar], axis: 1)
      carried[now] = hBar * z + sBar * r + matmul(rzBar, rzWeight)
      a.replaceRows(now, at: t, with: .concatenate([rzBar, nBar], axis: 1))
      if traced { entries.append(carried) }
    }
    let rzBar = a.slice(0..<2 * size, axis: 2)
    let nBar = a.slice(2 * size..<3 * size, axis: 2)
    let biasGradient = a.asRows.sum(axis: 0)
    let gradients = GRUCell(
      inputWeight: matmul(a.transposed, cache.input),
      recurrentWeight: .concatenate([
        recurrentWeightGradient(rzBar, cache.hidden, cache.initialState),
        matmul(nBar.transposed, cache.products),
      ]),
      inputBias: biasGradient, recurrentBias: biasGradient, resetGate: resetGate)
    let trace =
      traced ? BackwardTrace(outputGradient, a, states: [.stack(entries.reversed())]) : nil
    return (matmul(a, inputWeight), carried, gradients, trace)
  }
}
