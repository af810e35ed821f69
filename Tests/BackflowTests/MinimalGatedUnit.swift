import Backflow

/// The minimal gated unit, as an example of a recurrent cell that is not part of the library.
///
///     f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)                 forget gate    (1)
///     s_t = f_t ⊙ h_{t−1}
///     n_t = tanh(W_in x_t + b_in + W_hn s_t + b_hn)                  candidate      (2)
///     h_t = h_{t−1} − s_t + f_t ⊙ n_t                                output         (3)
///
/// Zhou, Wu, Zhang and Zhou, "Minimal gated unit for recurrent neural networks", Int. J. Automation
/// and Computing 13 (2016). The gates are in the order f n. The cell keeps s_t for the backward
/// pass.
struct MinimalGatedUnit<Scalar: RealScalar>: RecurrentCell {
  typealias State = Tensor<Scalar>

  static var layout: CellLayout {
    CellLayout(gates: 2, kept: 1, scratch: 1, gatesOfKept: 1)
  }

  var weights: GateWeights<Scalar>

  init(_ weights: GateWeights<Scalar>) { self.weights = weights.with(gates: 2, of: "MGU") }

  func step(_ pass: borrowing ForwardPass<Scalar>) {
    let (gates, s, h, b) = (pass.gates, pass.kept, pass.hidden, pass.bias)
    let (Wf, Wn) = (pass.recurrentWeight, pass.keptWeight)
    let H = hiddenSize
    pass.forEachStep { t in
      let (f, n) = (gates[t].columns(0..<H), gates[t].columns(H..<2 * H))
      gates[t].add(b)
      Wf.multiply(h[t - 1], addingTo: f)
      f.sigmoid()
      s[t].assignProduct(f.reading, h[t - 1])
      Wn.multiply(s[t].reading, addingTo: n)
      n.tanh()
      h[t].assignDifference(h[t - 1], s[t].reading)
      h[t].addProduct(f.reading, n.reading)
    }
  }

  func activations(in cache: Cache) -> [Activation<Scalar>] {
    gateActivations([("forget", .sigmoid), ("candidate", .tanh)], in: cache)
  }

  /// ȳ_t is the gradient of the loss with respect to the output h_t from the layers above. Before
  /// step t, h̄_t is the part of the gradient that comes from later steps. `hBar[t]` holds h̄_t
  /// first, then h̄_{t−1}.
  ///
  ///     h̄_t ← ȳ_t + h̄_t
  ///
  ///     n̄_t = h̄_t ⊙ f_t ⊙ (1 − n_t²)                 s̄_t = W_hnᵀ n̄_t − h̄_t
  ///     f̄_t = (s̄_t ⊙ h_{t−1} + h̄_t ⊙ n_t) ⊙ f_t (1 − f_t)
  ///
  ///     h̄_{t−1} = h̄_t + s̄_t ⊙ f_t + W_hfᵀ f̄_t
  func stepBack(_ pass: borrowing BackwardPass<Scalar>) {
    let (gates, h, Wf, Wn) = (pass.gates, pass.hidden, pass.recurrentWeight, pass.keptWeight)
    let (yBar, hBar, fnBar) = (pass.outputGradient, pass.hiddenGradient, pass.gateGradient)
    let (sBar, H) = (pass.scratch, hiddenSize)
    pass.forEachStep { t in
      let (f, n) = (gates[t].columns(0..<H), gates[t].columns(H..<2 * H))
      let (fBar, nBar) = (fnBar[t].columns(0..<H), fnBar[t].columns(H..<2 * H))
      hBar[t].add(yBar[t])

      nBar.assignProduct(hBar[t].reading, f)
      nBar.multiplyByTanhDerivative(at: n)
      Wn.multiply(nBar.reading, into: sBar[t])
      sBar[t].assignDifference(sBar[t].reading, hBar[t].reading)

      fBar.assignProduct(sBar[t].reading, h[t - 1])
      fBar.addProduct(hBar[t].reading, n)
      fBar.multiplyBySigmoidDerivative(at: f)

      hBar[t].addProduct(sBar[t].reading, f)
      Wf.multiply(fBar.reading, addingTo: hBar[t])
    }
  }
}
