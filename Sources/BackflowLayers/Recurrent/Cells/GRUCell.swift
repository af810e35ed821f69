public import BackflowKernels
public import BackflowLinearAlgebra

/// A gated recurrent unit (PyTorch `GRU`, one layer, one direction).
///
///     r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)                 reset gate     (1)
///     z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)                 update gate    (2)
///     q_t = W_hn h_{t−1} + b_hn
///     n_t = tanh(W_in x_t + b_in + r_t ⊙ q_t)                        candidate      (3)
///     h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}                          output         (4)
///
/// Cho et al., EMNLP 2014, with the reset gate after the product. This is faster, and the variant
/// of cuDNN and PyTorch; `OriginalGRUCell` has the reset gate before the product.
///
/// The backward pass computes the slopes of the gates and the candidate from their outputs; see
/// `LSTMCell`.
///
/// Shapes, by letter T time, B batch, I input, H hidden: x [T, B, I], h [T, B, H], state [B, H],
/// W_ih [3H, I], W_hh [3H, H], b_ih and b_hh [3H]; the gates are in the order r z n. The cell keeps
/// W_hh h_{t−1}, [T, B, 3H], with q_t in the place of the last third.
public struct GRUCell<Scalar: RealScalar>: RecurrentCell {
  /// h, [B, H]
  public typealias State = Tensor<Scalar>
  /// The gates r z n, and W_hh h_{t−1}, which a step keeps.
  public static var layout: CellLayout { CellLayout(gates: 3, kept: 3, separatesProducts: true) }

  /// W_ih [3H, I], W_hh [3H, H], b_ih and b_hh [3H].
  public var weights: GateWeights<Scalar>

  /// A cell with these parameters.
  ///
  /// - Precondition: The parameters have three gates.
  public init(_ weights: GateWeights<Scalar>) { self.weights = weights.with(gates: 3, of: "GRU") }

  /// A copy of a cell of either precision.
  public init<Other>(_ other: GRUCell<Other>) { self.init(GateWeights(other.weights)) }

  /// b_ir + b_hr, b_iz + b_hz, b_in, and b_hn. The reset gate separates the two biases of n.
  public var stepBias: Tensor<Scalar> {
    guard let bi = weights.inputBias, let bh = weights.recurrentBias else {
      return .zeros([4 * hiddenSize])
    }
    return .concatenate([
      weights.gates(0..<2, of: bi + bh), weights.gates(2..<3, of: bi), weights.gates(2..<3, of: bh),
    ])
  }

  /// `.gru`
  public var equations: CellEquations { .gru }

  // MARK: - Equations

  /// Computes equations (1) to (4). One kernel computes everything except the product.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func step(_ pass: borrowing ForwardPass<Scalar>) {
    let (rzn, u, h, W, b) = (
      pass.gates, pass.kept, pass.hidden, pass.recurrentWeight, pass.bias
    )
    pass.forEachStep { t in
      W.multiply(h[t - 1], into: u[t])
      rzn[t].gruForward(products: u[t], bias: b.span, previous: h[t - 1], hidden: h[t])
    }
  }

  /// Computes the backward pass, where ȳ_t is the gradient with respect to the output h_t from the
  /// layers above:
  ///
  ///     h̄_t ← ȳ_t + h̄_t
  ///
  ///     n̄_t = h̄_t ⊙ (1 − z_t) ⊙ (1 − n_t²)        z̄_t = h̄_t ⊙ (h_{t−1} − n_t) ⊙ z_t (1 − z_t)
  ///     q̄_t = n̄_t ⊙ r_t                           r̄_t = n̄_t ⊙ q_t ⊙ r_t (1 − r_t)
  ///
  ///     h̄_{t−1} = h̄_t ⊙ z_t + W_hhᵀ (r̄_t, z̄_t, q̄_t)
  ///
  /// The gradient with respect to W_ih x_t is (r̄, z̄, n̄), that with respect to W_hh h_{t−1} is
  /// (r̄, z̄, q̄). One kernel computes all but the product. `hBar[t]` holds h̄_t first,
  /// then h̄_t ⊙ z_t, and then h̄_{t−1}.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func stepBack(_ pass: borrowing BackwardPass<Scalar>) {
    let (rzn, u, h, W) = (pass.gates, pass.kept, pass.hidden, pass.recurrentWeight)
    let (yBar, hBar) = (pass.outputGradient, pass.hiddenGradient)
    let (rznBar, rzqBar) = (pass.gateGradient, pass.productGradient)
    pass.forEachStep { t in
      rznBar[t].gruBackward(
        productsGradient: rzqBar[t], gates: rzn[t], products: u[t], previous: h[t - 1],
        outputGradient: yBar[t], nextGradient: hBar[t])
      W.multiply(rzqBar[t].reading, addingTo: hBar[t])
    }
  }

  /// The gates r and z, and the candidate n.
  public func activations(in cache: Cache) -> [Activation<Scalar>] {
    gateActivations([("reset", .sigmoid), ("update", .sigmoid), ("candidate", .tanh)], in: cache)
  }

  /// Returns the derivative of a step, where U_k is the rows of W_hh for gate k:
  ///
  ///     ∂h_t = z ⊙ ∂h_{t−1} + (h_{t−1} − n) z (1−z) ⊙ U_z ∂h_{t−1}
  ///            + (1−z) (1−n²) ⊙ (r ⊙ U_n ∂h_{t−1} + q r (1−r) ⊙ U_r ∂h_{t−1})
  public func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Scalar> {
    cache.active.requireRunning(sample, at: step)
    let (gates, kept) = cache.row(at: step, sample: sample, gates: 3)
    let (r, z, n) = (gates[0], gates[1], gates[2])
    let q = kept[2 * hiddenSize..<3 * hiddenSize]
    let h = cache.state(before: step, sample: sample).flattened
    let slope = (1 - n) * (1 + n)
    let (byR, byZ, byN) = ((1 - z) * slope * q, h - n, 1 - z)
    return LinearizedStep(
      Factors(
        weights, carried: [[z]], values: [.concatenate([byR, byZ, byN * r])],
        inputValues: [.concatenate([byR, byZ, byN])],
        slopes: .concatenate([r * (1 - r), z * (1 - z), slope]), steepest: [0.25, 0.25, 1]))
  }
}

/// A network of gated recurrent units with any number of layers. `GRUCell` states the equations.
public typealias GRU<Scalar: RealScalar> = Recurrent<GRUCell<Scalar>>

extension Recurrent {
  /// A copy of a network of either precision.
  public init<Scalar, Other>(
    _ other: Recurrent<GRUCell<Other>>
  ) where Cell == GRUCell<Scalar> { self = other.mapCells { GRUCell($0) } }
}
