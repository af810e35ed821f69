internal import BackflowKernels
public import BackflowLinearAlgebra

extension LSTMCell {
  /// Equations (1) to (6) for one step at a time.
  public struct Stepper: RecurrentStepper {
    /// W_ihᵀ and W_hhᵀ
    let (inputWeight, recurrentWeight): (PackedMatrix<Scalar>, PackedMatrix<Scalar>)
    let bias: Tensor<Scalar>
    /// i f g o, [B, 4H], and tanh c, [B, H], of the step
    var (gates, tanhCell): (Tensor<Scalar>, Tensor<Scalar>)

    /// Moves h and c one step on x, [B, I]. Stops if x or the state has another shape.
    public mutating func step(_ input: Tensor<Scalar>, _ state: inout LSTMState<Scalar>) {
      requireStep(input, state, fits: inputWeight, recurrentWeight, batch: gates.shape[0])
      require(
        state.cell.shape == state.hidden.shape,
        "\(Self.self): state of h \(state.hidden.shape) and c \(state.cell.shape)")
      let everyone = 0..<gates.shape[0]
      let (x, ifgo) = (input.stateView(), gates.stateView(writing: ()))
      let (h, c) = (state.hidden.stateView(writing: ()), state.cell.stateView(writing: ()))
      let tanhC = tanhCell.stateView(writing: ())
      inputWeight.multiply(x[0, everyone], into: ifgo[0, everyone])
      recurrentWeight.multiply(h[0, everyone], addingTo: ifgo[0, everyone])
      ifgo[0, everyone].lstmForward(
        bias: bias.span, previousCell: c[0, everyone], cell: c[0, everyone],
        tanhCell: tanhC[0, everyone], hidden: h[0, everyone])
    }
  }

  /// This cell, as it is now, made ready to run step by step on `batch` samples.
  public func stepper(batch: Int) -> Stepper {
    Stepper(
      inputWeight: .transposed(inputWeight), recurrentWeight: .transposed(recurrentWeight),
      bias: inputBias + recurrentBias, gates: .zeros([batch, 4 * hiddenSize]),
      tanhCell: .zeros([batch, hiddenSize]))
  }
}
