internal import BackflowKernels
public import BackflowLinearAlgebra

extension VanillaCell {
  /// Equations (1) and (2) for one step at a time.
  public struct Stepper: RecurrentStepper {
    let nonlinearity: Nonlinearity
    /// W_ihᵀ and W_hhᵀ
    let (inputWeight, recurrentWeight): (PackedMatrix<Scalar>, PackedMatrix<Scalar>)
    let bias: Tensor<Scalar>
    /// The memory of the state after next, [B, H]
    var next: Tensor<Scalar>

    /// Moves h one step on x, [B, I]. Stops if x or the state has another shape.
    public mutating func step(_ input: Tensor<Scalar>, _ state: inout Tensor<Scalar>) {
      requireStep(input, state, fits: inputWeight, recurrentWeight, batch: next.shape[0])
      let everyone = 0..<next.shape[0]
      let (x, h, new) = (input.stateView(), state.stateView(), next.stateView(writing: ()))
      inputWeight.multiply(x[0, everyone], into: new[0, everyone])
      recurrentWeight.multiply(h[0, everyone], addingTo: new[0, everyone])
      new[0, everyone].addRow(bias.span)
      switch nonlinearity {
      case .tanh: new[0, everyone].tanh()
      case .relu: new[0, everyone].relu()
      }
      swap(&state, &next)
    }
  }

  /// This cell, as it is now, made ready to run step by step on `batch` samples.
  public func stepper(batch: Int) -> Stepper {
    Stepper(
      nonlinearity: nonlinearity, inputWeight: .transposed(inputWeight),
      recurrentWeight: .transposed(recurrentWeight), bias: inputBias + recurrentBias,
      next: .zeros([batch, hiddenSize]))
  }
}
