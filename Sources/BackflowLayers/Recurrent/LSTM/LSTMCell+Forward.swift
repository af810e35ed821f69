internal import BackflowKernels
public import BackflowLinearAlgebra

extension LSTMCell {
  /// What `backward` reads. After `lengths` its rows are the samples longest first.
  public struct Cache: Sendable {
    /// x, [T, B, I]
    public let input: Tensor<Scalar>
    /// h_0 and c_0
    public let initialState: LSTMState<Scalar>
    /// i f g o, [T, B, 4H]
    public let gates: Tensor<Scalar>
    /// c_1 … c_T, [T, B, H]
    public let cell: Tensor<Scalar>
    /// tanh c_t, [T, B, H]: kept, because a tanh costs more than reading it again
    public let tanhCell: Tensor<Scalar>
    /// h_1 … h_T, [T, B, H]
    public let hidden: Tensor<Scalar>
    /// How many of the rows run at each step; what stands in the others has no meaning.
    public let active: ActiveSamples
  }

  /// Equations (1) to (6) for every step. Cost: 8·T·B·H·(I + H) flops; see `VanillaCell` for how
  /// they are ordered.
  ///
  /// Stops unless x is [T, B, I] and the state [B, H].
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func forward(
    _ input: Tensor<Scalar>, from state: LSTMState<Scalar>, active: ActiveSamples
  ) -> (output: Tensor<Scalar>, finalState: LSTMState<Scalar>, cache: Cache) {
    checkShapes(input, state)
    let (time, batch) = (input.shape[0], input.shape[1])

    var gates = matmul(input, inputWeight.transposed)
    var (cell, tanhCell, hidden) = (
      Tensor<Scalar>.states(time, batch, hiddenSize, active),
      Tensor<Scalar>.states(time, batch, hiddenSize, active),
      Tensor<Scalar>.states(time, batch, hiddenSize, active)
    )
    let bias = inputBias + recurrentBias
    let recurrent = PackedMatrix(
      recurrentWeight.span, rows: 4 * hiddenSize, columns: hiddenSize, transposed: true)
    let (ifgo, c, tanhC, h) = (
      gates.sequenceView(), cell.sequenceView(), tanhCell.sequenceView(), hidden.sequenceView()
    )
    let (h0, c0) = (state.hidden.stateView(), state.cell.stateView())

    Threads.split(batch, grain: grain(time: time, gates: 4), alignment: 2) { samples in
      let bias = bias.span
      for t in 0..<time {
        let now = active.at(t, of: samples)
        recurrent.multiply(
          t == 0 ? h0[0, now] : h[t - 1, now], addingTo: ifgo[t, now], backwards: t % 2 == 1)
        ifgo[t, now].lstmForward(
          bias: bias, previousCell: t == 0 ? c0[0, now] : c[t - 1, now],
          cell: c[t, now], tanhCell: tanhC[t, now], hidden: h[t, now])
      }
    }
    let finalState = LSTMState(
      hidden: active.last(of: hidden, initial: state.hidden),
      cell: active.last(of: cell, initial: state.cell))
    return (
      hidden, finalState,
      Cache(
        input: input, initialState: state, gates: gates, cell: cell, tanhCell: tanhCell,
        hidden: hidden, active: active)
    )
  }
}
