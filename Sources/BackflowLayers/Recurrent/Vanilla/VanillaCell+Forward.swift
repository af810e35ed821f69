internal import BackflowKernels
public import BackflowLinearAlgebra

extension VanillaCell {
  /// What `backward` reads. After `lengths` its rows are the samples longest first.
  public struct Cache: Sendable {
    /// x, [T, B, I]
    public let input: Tensor<Scalar>
    /// h_0, the state before the first step, [B, H]
    public let initialState: Tensor<Scalar>
    /// h_1 … h_T, [T, B, H]
    public let hidden: Tensor<Scalar>
    /// How many of the rows run at each step; what stands in the others has no meaning.
    public let active: ActiveSamples
  }

  /// Equations (1) and (2) for every step.
  ///
  /// Cost: 2·T·B·H·(I + H) flops. Only W_hh h_{t−1} must wait for the step before; W_ih x_t is one
  /// product for all steps, and the samples of the batch are divided among the threads once.
  ///
  /// Stops unless x is [T, B, I] and the state [B, H].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func forward(
    _ input: Tensor<Scalar>, from state: Tensor<Scalar>, active: ActiveSamples
  ) -> (output: Tensor<Scalar>, finalState: Tensor<Scalar>, cache: Cache) {
    checkShapes(input, state)
    let (time, batch) = (input.shape[0], input.shape[1])

    // W_ih x_t for every t; W_hh h_{t−1} and the biases are added to it step by step.
    var hidden = matmul(input, inputWeight.transposed)
    let bias = inputBias + recurrentBias
    let recurrent = PackedMatrix(
      recurrentWeight.span, rows: hiddenSize, columns: hiddenSize, transposed: true)
    let h = hidden.sequenceView()
    let h0 = state.stateView()

    Threads.split(batch, grain: grain(time: time, gates: 1), alignment: 2) { samples in
      for t in 0..<time {
        let now = active.at(t, of: samples)
        recurrent.multiply(t == 0 ? h0[0, now] : h[t - 1, now], addingTo: h[t, now])
        h[t, now].addRow(bias.span)
        apply(nonlinearity, to: h[t, now])
      }
    }
    return (
      hidden, active.last(of: hidden, initial: state),
      Cache(input: input, initialState: state, hidden: hidden, active: active)
    )
  }

  private func apply(_ nonlinearity: Nonlinearity, to rows: RowsView<Scalar>) {
    switch nonlinearity {
    case .tanh: rows.tanh()
    case .relu: rows.relu()
    }
  }
}
