internal import BackflowKernels
public import BackflowLinearAlgebra

extension GRUCell {
  /// What `backward` reads. After `lengths` its rows are the samples longest first.
  public struct Cache: Sendable {
    /// x, [T, B, I]
    public let input: Tensor<Scalar>
    /// h_0, the state before the first step, [B, H]
    public let initialState: Tensor<Scalar>
    /// r z n, [T, B, 3H]
    public let gates: Tensor<Scalar>
    /// W_hh h_{t−1}, [T, B, 3H], whose last third is q_t = W_hn h_{t−1} + b_hn; with the reset gate
    /// before the product, r_t ⊙ h_{t−1}, [T, B, H]
    public let products: Tensor<Scalar>
    /// h_1 … h_T, [T, B, H]
    public let hidden: Tensor<Scalar>
    /// How many of the rows run at each step; what stands in the others has no meaning.
    public let active: ActiveSamples
  }

  /// Equations (1) to (4) for every step. Cost: 6·T·B·H·(I + H) flops; see `VanillaCell` for how
  /// they are ordered.
  ///
  /// Stops unless x is [T, B, I] and the state [B, H].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func forward(
    _ input: Tensor<Scalar>, from state: Tensor<Scalar>, active: ActiveSamples
  ) -> (output: Tensor<Scalar>, finalState: Tensor<Scalar>, cache: Cache) {
    checkShapes(input, state)
    let cache =
      switch resetGate {
      case .afterProduct: forwardResettingProduct(input, state, active)
      case .beforeProduct: forwardResettingState(input, state, active)
      }
    return (cache.hidden, active.last(of: cache.hidden, initial: state), cache)
  }

  private func forwardResettingProduct(
    _ input: Tensor<Scalar>, _ state: Tensor<Scalar>, _ active: ActiveSamples
  ) -> Cache {
    let (time, batch) = (input.shape[0], input.shape[1])
    var gates = matmul(input, inputWeight.transposed)
    var products = Tensor<Scalar>.states(time, batch, 3 * hiddenSize, active)
    var hidden = Tensor<Scalar>.states(time, batch, hiddenSize, active)
    let bias = stepBias
    let recurrent = PackedMatrix(
      recurrentWeight.span, rows: 3 * hiddenSize, columns: hiddenSize, transposed: true)
    let (rzn, u, h) = (gates.sequenceView(), products.sequenceView(), hidden.sequenceView())
    let h0 = state.stateView()

    Threads.split(batch, grain: grain(time: time, gates: 3), alignment: 2) { samples in
      for t in 0..<time {
        let now = active.at(t, of: samples)
        recurrent.multiply(
          t == 0 ? h0[0, now] : h[t - 1, now], into: u[t, now], backwards: t % 2 == 1)
        rzn[t, now].gruForward(
          products: u[t, now], bias: bias.span, previous: t == 0 ? h0[0, now] : h[t - 1, now],
          hidden: h[t, now])
      }
    }
    return Cache(
      input: input, initialState: state, gates: gates, products: products, hidden: hidden,
      active: active)
  }

  /// b_ir + b_hr, b_iz + b_hz, b_in, b_hn: r and z add their biases, n keeps them on either side of
  /// the reset gate.
  var stepBias: Tensor<Scalar> {
    let sum = inputBias + recurrentBias
    return .concatenate([
      gates(0..<2, of: sum), gates(2..<3, of: inputBias), gates(2..<3, of: recurrentBias),
    ])
  }
}

// MARK: - The reset gate before the product

extension GRUCell {
  /// With (3′), n waits for r: two products a step, one after the other.
  private func forwardResettingState(
    _ input: Tensor<Scalar>, _ state: Tensor<Scalar>, _ active: ActiveSamples
  ) -> Cache {
    let (time, batch, size) = (input.shape[0], input.shape[1], hiddenSize)
    let projections = matmul(input, inputWeight.transposed)
    var gates = Tensor<Scalar>.zeros([time, batch, 3 * size])
    var reset = Tensor<Scalar>.zeros([time, batch, size])
    var hidden = Tensor<Scalar>.zeros([time, batch, size])
    let bias = inputBias + recurrentBias
    let (rzWeight, nWeight) = (gatesOfRecurrent(0..<2), gatesOfRecurrent(2..<3))
    var h = state
    for t in 0..<time where active.counts[t] > 0 {
      let now = 0..<active.counts[t]
      let previous = h[now]
      let x = projections.select(t)[now] + bias
      let rz = sigmoid(
        x.slice(0..<2 * size, axis: 1) + matmul(previous, rzWeight.transposed))
      let (r, z) = (rz.slice(0..<size, axis: 1), rz.slice(size..<2 * size, axis: 1))
      let resetState = r * previous
      let n = tanh(
        x.slice(2 * size..<3 * size, axis: 1) + matmul(resetState, nWeight.transposed))
      let next = (1 - z) * n + z * previous

      h[now] = next
      gates.replaceRows(now, at: t, with: .concatenate([rz, n], axis: 1))
      reset.replaceRows(now, at: t, with: resetState)
      hidden.replaceRows(now, at: t, with: next)
    }
    return Cache(
      input: input, initialState: state, gates: gates, products: reset, hidden: hidden,
      active: active)
  }

  func gatesOfRecurrent(_ range: Range<Int>) -> Tensor<Scalar> { gates(range, of: recurrentWeight) }
}
