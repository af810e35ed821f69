internal import BackflowKernels
public import BackflowLinearAlgebra

extension RNN: Layer {
  /// What `backward` reads.
  public struct Cache: Sendable {
    /// x, [T, B, I]
    public let input: Tensor<Scalar>
    /// h_0, the state before the first step, [B, H]
    public let initialState: Tensor<Scalar>
    /// h_1 … h_T, [T, B, H]
    public let hidden: Tensor<Scalar>
  }

  /// All hidden states [T, B, H] from the input [T, B, I], starting at the state zero.
  public func forward(_ input: Tensor<Scalar>) -> (output: Tensor<Scalar>, cache: Cache) {
    forward(input, initialState: nil)
  }

  /// All hidden states [T, B, H] from the input [T, B, I] and the state before the first step
  /// [B, H], zero if `nil`. The final state is the last step of the output.
  ///
  /// Cost: 2·T·B·H·(I + H) flops. Only W_hh h_{t−1} must wait for the step before; W_ih x_t is one
  /// product for all steps, and the samples of the batch are divided among the threads once.
  public func forward(
    _ input: Tensor<Scalar>, initialState: Tensor<Scalar>?
  ) -> (output: Tensor<Scalar>, cache: Cache) {
    require(
      input.rank == 3 && input.shape[2] == inputSize,
      "RNN: input \(input.shape) does not fit W_ih \(inputWeight.shape); it must be [T, B, I]")
    let (time, batch) = (input.shape[0], input.shape[1])
    let initial = initialState ?? .zeros([batch, hiddenSize])
    require(
      initial.shape == [batch, hiddenSize],
      "RNN: initial state \(initial.shape) instead of [\(batch), \(hiddenSize)]")

    // W_ih x_t for every t; W_hh h_{t−1} and the biases are added to it step by step.
    var hidden = matmul(input, inputWeight.transposed)
    let bias = inputBias + recurrentBias
    let recurrent = PackedMatrix(
      recurrentWeight.span, rows: hiddenSize, columns: hiddenSize, transposed: true)
    let h = hidden.sequenceView()
    let h0 = initial.stateView()

    Threads.split(batch, grain: grain(time: time), alignment: 2) { samples in
      for t in 0..<time {
        recurrent.multiply(t == 0 ? h0[0, samples] : h[t - 1, samples], addingTo: h[t, samples])
        h[t, samples].addRow(bias.span)
        apply(nonlinearity, to: h[t, samples])
      }
    }
    return (hidden, Cache(input: input, initialState: initial, hidden: hidden))
  }

  private func apply(_ nonlinearity: Nonlinearity, to rows: RowsView<Scalar>) {
    switch nonlinearity {
    case .tanh: rows.tanh()
    case .relu: rows.relu()
    }
  }
}
