public import BackflowKernels
public import BackflowLinearAlgebra

/// A gated recurrent unit as originally published, with the reset gate before the product.
///
///     r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)                 reset gate     (1)
///     z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)                 update gate    (2)
///     s_t = r_t ⊙ h_{t−1}
///     n_t = tanh(W_in x_t + b_in + W_hn s_t + b_hn)                  candidate      (3)
///     h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}                          output         (4)
///
/// Cho et al., EMNLP 2014. In Keras this is `GRU(reset_after=False)`; PyTorch implements only the
/// equations of `GRUCell`.
///
/// Shapes (T time, B batch, I input, H hidden): x [T, B, I], h [T, B, H], state [B, H], W_ih [3H,
/// I], W_hh [3H, H], b_ih and b_hh [3H]. The gates are in the order r z n. The cell keeps s_t, [T,
/// B, H]. Since n depends on r, a step needs two products in sequence.
public struct OriginalGRUCell<Scalar: RealScalar>: RecurrentCell {
  /// h, [B, H]
  public typealias State = Tensor<Scalar>
  /// The gates r z n, and s_t, which a step keeps and which W_hn multiplies.
  public static var layout: CellLayout {
    CellLayout(gates: 3, kept: 1, gatesOfKept: 1)
  }

  /// W_ih [3H, I], W_hh [3H, H], b_ih and b_hh [3H].
  public var weights: GateWeights<Scalar>

  /// A cell with these parameters.
  ///
  /// - Precondition: The parameters have three gates.
  public init(_ weights: GateWeights<Scalar>) {
    self.weights = weights.with(gates: 3, of: "OriginalGRU")
  }

  /// A copy of a cell of either precision.
  public init<Other>(_ other: OriginalGRUCell<Other>) { self.init(GateWeights(other.weights)) }

  /// `.originalGRU`
  public var equations: CellEquations { .originalGRU }

  // MARK: - Equations

  /// Computes equations (1) to (4).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func step(_ pass: borrowing ForwardPass<Scalar>) {
    let (gates, s, h, b) = (pass.gates, pass.kept, pass.hidden, pass.bias)
    let (Wrz, Wn) = (pass.recurrentWeight, pass.keptWeight)
    let H = hiddenSize
    pass.forEachStep { t in
      let (r, z) = (gates[t].columns(0..<H), gates[t].columns(H..<2 * H))
      let (rz, n) = (gates[t].columns(0..<2 * H), gates[t].columns(2 * H..<3 * H))
      gates[t].add(b)
      Wrz.multiply(h[t - 1], addingTo: rz)
      rz.sigmoid()
      s[t].assignProduct(r.reading, h[t - 1])
      Wn.multiply(s[t].reading, addingTo: n)
      n.tanh()
      // (n − z ⊙ n) + z ⊙ h is exactly h if z is 1.
      h[t].assignProduct(z.reading, n.reading)
      h[t].assignDifference(n.reading, h[t].reading)
      h[t].addProduct(z.reading, h[t - 1])
    }
  }

  /// Computes the backward pass, where ȳ_t is the gradient with respect to the output h_t from the
  /// layers above:
  ///
  ///     h̄_t ← ȳ_t + h̄_t
  ///
  ///     n̄_t = h̄_t ⊙ (1 − z_t) ⊙ (1 − n_t²)        z̄_t = h̄_t ⊙ (h_{t−1} − n_t) ⊙ z_t (1 − z_t)
  ///     s̄_t = W_hnᵀ n̄_t                           r̄_t = s̄_t ⊙ h_{t−1} ⊙ r_t (1 − r_t)
  ///
  ///     h̄_{t−1} = h̄_t ⊙ z_t + s̄_t ⊙ r_t + W_hr,hzᵀ (r̄_t, z̄_t)
  ///
  /// `hBar[t]` holds h̄_t first, then the sum without the last product, and then h̄_{t−1}; W_hr,hz
  /// are the rows of W_hh of the gates r and z.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func stepBack(_ pass: borrowing BackwardPass<Scalar>) {
    let (gates, h, Wrz, Wn) = (pass.gates, pass.hidden, pass.recurrentWeight, pass.keptWeight)
    let (yBar, hBar, rznBar) = (pass.outputGradient, pass.hiddenGradient, pass.gateGradient)
    let H = hiddenSize
    pass.forEachStep { t in
      let (r, z) = (gates[t].columns(0..<H), gates[t].columns(H..<2 * H))
      let n = gates[t].columns(2 * H..<3 * H)
      let (rBar, zBar) = (rznBar[t].columns(0..<H), rznBar[t].columns(H..<2 * H))
      let (rzBar, nBar) = (rznBar[t].columns(0..<2 * H), rznBar[t].columns(2 * H..<3 * H))
      hBar[t].add(yBar[t])

      nBar.assignProduct(hBar[t].reading, z)
      nBar.assignDifference(hBar[t].reading, nBar.reading)
      nBar.multiplyByTanhDerivative(at: n)

      zBar.assignDifference(h[t - 1], n)
      zBar.multiply(by: hBar[t].reading)
      zBar.multiplyBySigmoidDerivative(at: z)

      // The memory of r̄ initially holds s̄.
      Wn.multiply(nBar.reading, into: rBar)
      hBar[t].multiply(by: z)
      hBar[t].addProduct(rBar.reading, r)
      rBar.multiply(by: h[t - 1])
      rBar.multiplyBySigmoidDerivative(at: r)
      Wrz.multiply(rzBar.reading, addingTo: hBar[t])
    }
  }

  /// The gates r and z, and the candidate n.
  public func activations(in cache: Cache) -> [Activation<Scalar>] {
    gateActivations([("reset", .sigmoid), ("update", .sigmoid), ("candidate", .tanh)], in: cache)
  }

  /// Returns the derivative of a step, where U_k is the rows of W_hh for gate k:
  ///
  ///     ∂s_t = r ⊙ ∂h_{t−1} + h_{t−1} r (1−r) ⊙ U_r ∂h_{t−1}
  ///     ∂h_t = z ⊙ ∂h_{t−1} + (h_{t−1} − n) z (1−z) ⊙ U_z ∂h_{t−1} + (1−z) (1−n²) ⊙ U_n ∂s_t
  public func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Scalar> {
    cache.active.requireRunning(sample, at: step)
    let gates = cache.row(at: step, sample: sample, gates: 3).gates
    let (r, z, n) = (gates[0], gates[1], gates[2])
    let h = cache.state(before: step, sample: sample).flattened
    let zero = Tensor<Scalar>.zeros([hiddenSize])
    return LinearizedStep(
      Factors(
        weights, carried: [[z]],
        values: [.concatenate([zero, h - n, 1 - z])],
        slopes: .concatenate([r * (1 - r), z * (1 - z), (1 - n) * (1 + n)]),
        steepest: [0.25, 0.25, 1],
        kept: KeptProduct(
          direct: r, values: .concatenate([h, zero]),
          slopes: .concatenate([r * (1 - r), zero]), gateCount: 1)))
  }
}

/// A network of gated recurrent units as originally published. `OriginalGRUCell` states the
/// equations.
public typealias OriginalGRU<Scalar: RealScalar> = Recurrent<OriginalGRUCell<Scalar>>

extension Recurrent {
  /// A copy of a network of either precision.
  public init<Scalar, Other>(
    _ other: Recurrent<OriginalGRUCell<Other>>
  ) where Cell == OriginalGRUCell<Scalar> { self = other.mapCells { OriginalGRUCell($0) } }
}
