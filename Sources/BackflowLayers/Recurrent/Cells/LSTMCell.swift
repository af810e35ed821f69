public import BackflowKernels
public import BackflowLinearAlgebra

/// A long short-term memory (PyTorch `LSTM`, one layer, one direction).
///
///     i_t = σ(W_ii x_t + b_ii + W_hi h_{t−1} + b_hi)      input gate        (1)
///     f_t = σ(W_if x_t + b_if + W_hf h_{t−1} + b_hf)      forget gate       (2)
///     g_t = tanh(W_ig x_t + b_ig + W_hg h_{t−1} + b_hg)   candidate         (3)
///     o_t = σ(W_io x_t + b_io + W_ho h_{t−1} + b_ho)      output gate       (4)
///     c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t                     cell              (5)
///     h_t = o_t ⊙ tanh c_t                                output            (6)
///
/// Hochreiter and Schmidhuber, Neural Computation 9 (1997), with the forget gate of Gers et al.,
/// Neural Computation 12 (2000).
///
/// The backward pass computes the slopes of the gates and the candidate from their outputs, as y (1
/// − y) and 1 − y². Where an output rounds to its limit (inputs above 17 for a gate and 9 for a
/// tanh, in single precision), the slope is 0 instead of less than 1e-7. Computing the slopes from
/// the inputs, like `Sigmoid` and `Tanh`, would make a step 2 to 4 % slower.
///
/// Shapes (T time, B batch, I input, H hidden): x [T, B, I], h [T, B, H], state h and c [B, H],
/// W_ih [4H, I], W_hh [4H, H], b_ih and b_hh [4H]. The gates are in the order i f g o. The cell
/// keeps tanh c_t, because reading it is faster than computing it again.
public struct LSTMCell<Scalar: RealScalar>: RecurrentCell {
  /// h and c, [B, H] each
  public typealias State = LSTMState<Scalar>
  /// The gates i f g o, and tanh c_t, which a step keeps.
  public static var layout: CellLayout { CellLayout(gates: 4, kept: 1) }

  /// W_ih [4H, I], W_hh [4H, H], b_ih and b_hh [4H].
  public var weights: GateWeights<Scalar>

  /// A cell with these parameters.
  ///
  /// - Precondition: The parameters have four gates.
  public init(_ weights: GateWeights<Scalar>) { self.weights = weights.with(gates: 4, of: "LSTM") }

  /// A copy of a cell of either precision.
  public init<Other>(_ other: LSTMCell<Other>) { self.init(GateWeights(other.weights)) }

  /// A randomly initialized cell whose forget gates have a bias of 1. Without `bias`, the forget
  /// gates are near σ(0) = ½ at the start of training.
  public init(
    inputSize: Int, hiddenSize: Int, bias: Bool = true,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) {
    self.init(
      GateWeights(
        gates: 4, inputSize: inputSize, hiddenSize: hiddenSize, bias: bias,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random))
    setForgetBias(1)
  }

  /// A randomly initialized cell with an orthogonal W_hh for each gate. The biases are zero except
  /// those of the forget gates, `forgetBias`. A value of 1 keeps the forget gates open at the start
  /// of training (Jozefowicz et al., ICML 2015).
  public init(
    inputSize: Int, hiddenSize: Int, forgetBias: Scalar,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) {
    weights = GateWeights(
      gates: 4, inputSize: inputSize, hiddenSize: hiddenSize, inputWeights: inputWeights,
      recurrentWeights: recurrentWeights, using: &random)
    setForgetBias(forgetBias)
  }

  private mutating func setForgetBias(_ bias: Scalar) {
    let size = hiddenSize
    weights.inputBias?[size..<2 * size] = Tensor(repeating: bias, shape: [size])
  }

  /// `.lstm`
  public var equations: CellEquations { .lstm }

  // MARK: - Equations

  /// Computes equations (1) to (6). One kernel computes everything except the product.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func step(_ pass: borrowing ForwardPass<Scalar>) {
    let (ifgo, h, c, tanhC) = (pass.gates, pass.hidden, pass.cellState, pass.kept)
    let (W, b) = (pass.recurrentWeight, pass.bias)
    pass.forEachStep { t in
      W.multiply(h[t - 1], addingTo: ifgo[t])
      ifgo[t].lstmForward(
        bias: b.span, previousCell: c[t - 1], cell: c[t], tanhCell: tanhC[t], hidden: h[t])
    }
  }

  /// Computes the backward pass, where ȳ_t is the gradient with respect to the output h_t from the
  /// layers above:
  ///
  ///     h̄_t ← ȳ_t + h̄_t                           c̄_t ← c̄_t + h̄_t ⊙ o_t ⊙ (1 − tanh² c_t)
  ///
  ///     ī_t = c̄_t ⊙ g_t ⊙ i_t (1 − i_t)           f̄_t = c̄_t ⊙ c_{t−1} ⊙ f_t (1 − f_t)
  ///     ḡ_t = c̄_t ⊙ i_t ⊙ (1 − g_t²)              ō_t = h̄_t ⊙ tanh c_t ⊙ o_t (1 − o_t)
  ///
  ///     h̄_{t−1} = W_hhᵀ (ī_t, f̄_t, ḡ_t, ō_t)      c̄_{t−1} = c̄_t ⊙ f_t
  ///
  /// One kernel computes all but the product.
  /// `hBar[t]` and `cBar[t]` hold h̄_t and c̄_t first, and then h̄_{t−1} and c̄_{t−1}.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func stepBack(_ pass: borrowing BackwardPass<Scalar>) {
    let (ifgo, c, tanhC, W) = (pass.gates, pass.cellState, pass.kept, pass.recurrentWeight)
    let (yBar, ifgoBar) = (pass.outputGradient, pass.gateGradient)
    let (hBar, cBar) = (pass.hiddenGradient, pass.cellStateGradient)
    pass.forEachStep { t in
      ifgoBar[t].lstmBackward(
        gates: ifgo[t], previousCell: c[t - 1], tanhCell: tanhC[t], outputGradient: yBar[t],
        nextGradient: hBar[t].reading, cellGradient: cBar[t])
      W.multiply(ifgoBar[t].reading, into: hBar[t])
    }
  }

  /// The gates i, f, g and o, and tanh c.
  public func activations(in cache: Cache) -> [Activation<Scalar>] {
    gateActivations(
      [("input", .sigmoid), ("forget", .sigmoid), ("candidate", .tanh), ("output", .sigmoid)],
      in: cache)
      + [cache.kept].compactMap { $0.map { Activation(.tanh, output: $0, running: cache.active) } }
  }

  /// Returns the derivative of a step, where U_k is the rows of W_hh for gate k:
  ///
  ///     ∂c_t = f ⊙ ∂c_{t−1} + g i (1−i) ⊙ U_i ∂h_{t−1} + c_{t−1} f (1−f) ⊙ U_f ∂h_{t−1}
  ///            + i (1−g²) ⊙ U_g ∂h_{t−1}
  ///     ∂h_t = k ⊙ ∂c_t + o (1−o) tanh c_t ⊙ U_o ∂h_{t−1},   k = o (1 − tanh² c_t)
  public func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Scalar> {
    cache.active.requireRunning(sample, at: step)
    let (gates, tanhC) = cache.row(at: step, sample: sample, gates: 4)
    let (i, f, g, o) = (gates[0], gates[1], gates[2], gates[3])
    let c = cache.state(before: step, sample: sample).cell.flattened
    let k = o * ((1 - tanhC) * (1 + tanhC))
    return LinearizedStep(
      Factors(
        weights, carried: [[nil, k * f], [nil, f]],
        values: [
          .concatenate([k * g, k * c, k * i, tanhC]),
          .concatenate([g, c, i, .zeros([hiddenSize])]),
        ],
        slopes: .concatenate([i * (1 - i), f * (1 - f), (1 - g) * (1 + g), o * (1 - o)]),
        steepest: [0.25, 0.25, 1, 0.25]))
  }
}

/// A long short-term memory with any number of layers. `LSTMCell` states the equations.
public typealias LSTM<Scalar: RealScalar> = Recurrent<LSTMCell<Scalar>>

extension Recurrent {
  /// A copy of a network of either precision.
  public init<Scalar, Other>(
    _ other: Recurrent<LSTMCell<Other>>
  ) where Cell == LSTMCell<Scalar> { self = other.mapCells { LSTMCell($0) } }

  /// A randomly initialized long short-term memory with this bias of the forget gates.
  public init<Scalar>(
    inputSize: Int, hiddenSize: Int, forgetBias: Scalar, layers: Int = 1,
    bidirectional: Bool = false, dropout: Double = 0,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) where Cell == LSTMCell<Scalar> {
    self.init(
      inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, bidirectional: bidirectional,
      dropout: dropout
    ) {
      LSTMCell(
        inputSize: $0, hiddenSize: hiddenSize, forgetBias: forgetBias,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random)
    }
  }
}
