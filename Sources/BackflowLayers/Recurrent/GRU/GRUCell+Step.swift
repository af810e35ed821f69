internal import BackflowKernels
public import BackflowLinearAlgebra

extension GRUCell {
  /// Equations (1) to (4), or (1), (2), (3′) and (4), for one step at a time.
  public struct Stepper: RecurrentStepper {
    let resetGate: ResetGate
    /// W_ihᵀ and W_hhᵀ of r, z and n
    let (inputWeights, recurrentWeights): ([PackedMatrix<Scalar>], [PackedMatrix<Scalar>])
    /// b_ir + b_hr, b_iz + b_hz, b_in, b_hn
    let biases: [Tensor<Scalar>]
    /// r, z and n of the step, [3, B, H], and what the reset gate acts on, [B, H]
    var (gates, reset): (Tensor<Scalar>, Tensor<Scalar>)

    /// Moves h one step on x, [B, I]. Stops if x or the state has another shape.
    public mutating func step(_ input: Tensor<Scalar>, _ state: inout Tensor<Scalar>) {
      let batch = reset.shape[0]
      requireStep(input, state, fits: inputWeights[0], recurrentWeights[0], batch: batch)
      let (all, r, z, n) = (0..<batch, 0, 1, 2)
      let (x, h) = (input.stateView(), state.stateView(writing: ()))
      let (g, s) = (gates.sequenceView(), reset.stateView(writing: ()))

      for gate in r...z {
        inputWeights[gate].multiply(x[0, all], into: g[gate, all])
        recurrentWeights[gate].multiply(h[0, all], addingTo: g[gate, all])
        g[gate, all].add(biases[gate])
        g[gate, all].sigmoid()
      }
      inputWeights[n].multiply(x[0, all], into: g[n, all])
      g[n, all].add(biases[2])
      switch resetGate {
      case .afterProduct:
        recurrentWeights[n].multiply(h[0, all], into: s[0, all])
        s[0, all].add(biases[3])
        s[0, all].multiply(by: g[r, all])
        g[n, all].add(s[0, all])
      case .beforeProduct:
        s[0, all].copy(h[0, all])
        s[0, all].multiply(by: g[r, all])
        recurrentWeights[n].multiply(s[0, all], addingTo: g[n, all])
        g[n, all].add(biases[3])
      }
      g[n, all].tanh()
      // h ← z ⊙ h + (n − z ⊙ n), exactly h where z is 1
      h[0, all].multiply(by: g[z, all])
      g[z, all].multiply(by: g[n, all])
      g[n, all].subtract(g[z, all])
      h[0, all].add(g[n, all])
    }
  }

  /// This cell, as it is now, made ready to run step by step on `batch` samples.
  public func stepper(batch: Int) -> Stepper {
    let bias = stepBias
    return Stepper(
      resetGate: resetGate,
      inputWeights: (0..<3).map { .transposed(gates($0..<$0 + 1, of: inputWeight)) },
      recurrentWeights: (0..<3).map { .transposed(gates($0..<$0 + 1, of: recurrentWeight)) },
      biases: (0..<4).map { gates($0..<$0 + 1, of: bias) },
      gates: .zeros([3, batch, hiddenSize]), reset: .zeros([batch, hiddenSize]))
  }
}

extension RowsView {
  fileprivate func add(_ bias: Tensor<S>) { addRow(bias.span) }
}
