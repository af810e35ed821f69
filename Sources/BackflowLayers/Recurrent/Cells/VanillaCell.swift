public import BackflowKernels
public import BackflowLinearAlgebra

/// A vanilla recurrent cell (PyTorch `RNN`, one layer, one direction).
///
///     a_t = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh        (1)
///     h_t = φ(a_t)                                       (2)
///
/// with φ = tanh, ReLU or σ (J. L. Elman, "Finding structure in time", Cognitive Science 14, 1990).
///
/// The backward pass computes φ′ from h. Where h rounds to a limit of φ (|a| above 9 for tanh and
/// 17 for σ, in single precision), φ′ is 0 instead of less than 1e-7; see `LSTMCell`.
///
/// Shapes (T time, B batch, I input, H hidden): x [T, B, I], h [T, B, H], state [B, H], W_ih [H,
/// I], W_hh [H, H], b_ih and b_hh [H].
public struct VanillaCell<Scalar: RealScalar>: RecurrentCell {
  /// h, [B, H]
  public typealias State = Tensor<Scalar>
  /// One gate, which becomes h.
  public static var layout: CellLayout { CellLayout(gates: 1, gatesBecomeOutput: true) }

  /// W_ih [H, I], W_hh [H, H], b_ih and b_hh [H].
  public var weights: GateWeights<Scalar>
  /// φ
  public let nonlinearity: Nonlinearity

  /// h_t = φ(a_t)
  public var equations: CellEquations { .leaky(nonlinearity, leak: 1) }

  /// A cell with these parameters and φ = tanh.
  ///
  /// - Precondition: The parameters have one gate.
  public init(_ weights: GateWeights<Scalar>) { self.init(weights, nonlinearity: .tanh) }

  /// A cell with these parameters and this φ.
  ///
  /// - Precondition: The parameters have one gate.
  public init(_ weights: GateWeights<Scalar>, nonlinearity: Nonlinearity) {
    self.weights = weights.with(gates: 1, of: "RNN")
    self.nonlinearity = nonlinearity
  }

  /// A copy of a cell of either precision.
  public init<Other>(_ other: VanillaCell<Other>) {
    self.init(GateWeights(other.weights), nonlinearity: other.nonlinearity)
  }

  /// A randomly initialized cell with this nonlinearity and zero biases, or no biases if `bias` is
  /// false. The default W_hh is orthogonal and does not change the norm of gradients.
  public init(
    inputSize: Int, hiddenSize: Int, nonlinearity: Nonlinearity, bias: Bool = true,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) {
    self.init(
      GateWeights(
        gates: 1, inputSize: inputSize, hiddenSize: hiddenSize, bias: bias,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random),
      nonlinearity: nonlinearity)
  }

  // MARK: - Equations

  /// Computes equations (1) and (2).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func step(_ pass: borrowing ForwardPass<Scalar>) {
    let (h, W, b) = (pass.hidden, pass.recurrentWeight, pass.bias)
    pass.forEachStep { t in
      // h_t initially holds W_ih x_t.
      W.multiply(h[t - 1], addingTo: h[t])
      h[t].add(b)
      h[t].apply(nonlinearity)
    }
  }

  /// Computes the backward pass, where ȳ_t is the gradient with respect to the output h_t from the
  /// layers above:
  ///
  ///     ā_t = (ȳ_t + h̄_t) ⊙ φ′(a_t)        h̄_{t−1} = W_hhᵀ ā_t
  ///
  /// where φ′ is 1 − h² for tanh, 1 or 0 for ReLU, and h (1 − h) for σ.
  ///
  /// `hBar[t]` holds h̄_t first, and then h̄_{t−1}.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func stepBack(_ pass: borrowing BackwardPass<Scalar>) {
    let (h, W, yBar) = (pass.hidden, pass.recurrentWeight, pass.outputGradient)
    let (aBar, hBar) = (pass.gateGradient, pass.hiddenGradient)
    pass.forEachStep { t in
      aBar[t].assignSum(yBar[t], hBar[t].reading)
      aBar[t].multiplyByDerivative(of: nonlinearity, at: h[t])
      W.multiply(aBar[t].reading, into: hBar[t])
    }
  }

  /// h, the output of the only nonlinearity of the cell.
  public func activations(in cache: Cache) -> [Activation<Scalar>] {
    [Activation(nonlinearity, output: cache.hidden, running: cache.active)]
  }

  /// Returns the derivative of a step: J = diag(φ′(a_t)) W_hh and B = diag(φ′(a_t)) W_ih.
  public func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Scalar> {
    cache.active.requireRunning(sample, at: step)
    let h = cache.hidden.row(step, sample)
    return LinearizedStep(
      Factors(
        weights, carried: [[nil]], values: [.ones([hiddenSize])],
        slopes: nonlinearity.derivative(at: h), steepest: [nonlinearity.slopeBound]))
  }
}

/// A vanilla recurrent network with any number of layers. `VanillaCell` states the equations.
public typealias RNN<Scalar: RealScalar> = Recurrent<VanillaCell<Scalar>>

extension Recurrent {
  /// A copy of a network of either precision.
  public init<Scalar, Other>(
    _ other: Recurrent<VanillaCell<Other>>
  ) where Cell == VanillaCell<Scalar> { self = other.mapCells { VanillaCell($0) } }

  /// A randomly initialized vanilla network with this nonlinearity, without biases if `bias` is
  /// false.
  public init<Scalar>(
    inputSize: Int, hiddenSize: Int, nonlinearity: Nonlinearity, layers: Int = 1,
    bidirectional: Bool = false, dropout: Double = 0, bias: Bool = true,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) where Cell == VanillaCell<Scalar> {
    self.init(
      inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, bidirectional: bidirectional,
      dropout: dropout
    ) {
      VanillaCell(
        inputSize: $0, hiddenSize: hiddenSize, nonlinearity: nonlinearity, bias: bias,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random)
    }
  }
}
