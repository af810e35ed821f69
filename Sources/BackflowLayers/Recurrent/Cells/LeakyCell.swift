public import BackflowKernels
public import BackflowLinearAlgebra

/// A leaky recurrent cell: the continuous-time network τ dh/dt = −h + φ(W_ih x + b_ih + W_hh h +
/// b_hh), integrated by the Euler method with a step Δt.
///
///     a_t = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh        (1)
///     y_t = φ(a_t)                                       (2)
///     h_t = (1 − α) h_{t−1} + α y_t,   α = Δt/τ          (3)
///
/// with φ = tanh, ReLU or σ. It is the rate model of neuroscience and, with a fixed W_hh, the leaky
/// echo state network (Jaeger, Lukoševičius, Popovici and Siewert, Neural Networks 20, 2007). With
/// a leak α of 1 it is a `VanillaCell`.
///
/// Shapes (T time, B batch, I input, H hidden): x [T, B, I], h [T, B, H], state [B, H], W_ih [H,
/// I], W_hh [H, H], b_ih and b_hh [H]. The cell keeps y_t, [T, B, H], from which the backward pass
/// computes φ′; see `VanillaCell`.
public struct LeakyCell<Scalar: RealScalar>: RecurrentCell {
  /// h, [B, H]
  public typealias State = Tensor<Scalar>
  /// One gate, y_t.
  public static var layout: CellLayout { CellLayout(gates: 1) }

  /// The leak of a cell that is made without one.
  public static var defaultLeak: Double { 0.1 }

  /// W_ih [H, I], W_hh [H, H], b_ih and b_hh [H].
  public var weights: GateWeights<Scalar>
  /// φ
  public let nonlinearity: Nonlinearity
  /// α = Δt/τ, in 0...1.
  public let leak: Double

  /// Equation (3) with its nonlinearity and leak.
  public var equations: CellEquations { .leaky(nonlinearity, leak: leak) }

  /// A cell with these parameters, φ = tanh, and a leak of 0.1.
  ///
  /// - Precondition: The parameters have one gate.
  public init(_ weights: GateWeights<Scalar>) {
    self.init(weights, nonlinearity: .tanh, leak: Self.defaultLeak)
  }

  /// A cell with these parameters.
  ///
  /// - Parameters:
  ///   - weights: The parameters.
  ///   - nonlinearity: φ.
  ///   - leak: α = Δt/τ.
  /// - Precondition: The parameters have one gate, and the leak is in 0...1.
  public init(_ weights: GateWeights<Scalar>, nonlinearity: Nonlinearity = .tanh, leak: Double) {
    SettingRange.share.check(leak, "the leak", of: "LeakyCell", in: Scalar.self)
    self.weights = weights.with(gates: 1, of: "leaky RNN")
    self.nonlinearity = nonlinearity
    self.leak = leak
  }

  /// A copy of a cell of either precision.
  public init<Other>(_ other: LeakyCell<Other>) {
    self.init(GateWeights(other.weights), nonlinearity: other.nonlinearity, leak: other.leak)
  }

  /// A randomly initialized cell with this nonlinearity and leak, and zero biases, or no biases if
  /// `bias` is false.
  ///
  /// - Precondition: The leak is in 0...1.
  public init(
    inputSize: Int, hiddenSize: Int, nonlinearity: Nonlinearity = .tanh, leak: Double,
    bias: Bool = true, inputWeights: Initializer = .glorotUniform(),
    recurrentWeights: Initializer = .orthogonal(), using random: inout RandomSource
  ) {
    self.init(
      GateWeights(
        gates: 1, inputSize: inputSize, hiddenSize: hiddenSize, bias: bias,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random),
      nonlinearity: nonlinearity, leak: leak)
  }

  // MARK: - Equations

  /// Computes equations (1) to (3).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func step(_ pass: borrowing ForwardPass<Scalar>) {
    let (y, h, W, b) = (pass.gates, pass.hidden, pass.recurrentWeight, pass.bias)
    let α = Scalar(leak)
    pass.forEachStep { t in
      W.multiply(h[t - 1], addingTo: y[t])
      y[t].add(b)
      y[t].apply(nonlinearity)
      h[t].assignProduct(1 - α, h[t - 1])
      h[t].addProduct(α, y[t].reading)
    }
  }

  /// Computes the backward pass, where ȳ_t is the gradient with respect to the output h_t from the
  /// layers above:
  ///
  ///     h̄_t ← ȳ_t + h̄_t        ā_t = α h̄_t ⊙ φ′(a_t)
  ///     h̄_{t−1} = (1 − α) h̄_t + W_hhᵀ ā_t
  ///
  /// `hBar[t]` holds h̄_t first, then (1 − α) h̄_t, and then h̄_{t−1}.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func stepBack(_ pass: borrowing BackwardPass<Scalar>) {
    let (y, W, yBar) = (pass.gates, pass.recurrentWeight, pass.outputGradient)
    let (aBar, hBar) = (pass.gateGradient, pass.hiddenGradient)
    let α = Scalar(leak)
    pass.forEachStep { t in
      hBar[t].add(yBar[t])
      aBar[t].assignProduct(α, hBar[t].reading)
      aBar[t].multiplyByDerivative(of: nonlinearity, at: y[t])
      hBar[t].assignProduct(1 - α, hBar[t].reading)
      W.multiply(aBar[t].reading, addingTo: hBar[t])
    }
  }

  /// y, the output of the only nonlinearity of the cell.
  public func activations(in cache: Cache) -> [Activation<Scalar>] {
    [Activation(nonlinearity, output: cache.gates, running: cache.active)]
  }

  /// Returns the derivative of a step: J = (1 − α) I + α diag(φ′(a_t)) W_hh and
  /// B = α diag(φ′(a_t)) W_ih.
  public func linearized(step: Int, sample: Int, _ cache: Cache) -> LinearizedStep<Scalar> {
    cache.active.requireRunning(sample, at: step)
    let α = Scalar(leak)
    let y = cache.gates.select(step).select(sample)
    return LinearizedStep(
      Factors(
        weights, carried: [[Tensor(repeating: 1 - α, shape: y.shape)]],
        values: [Tensor(repeating: α, shape: y.shape)], slopes: nonlinearity.derivative(at: y),
        steepest: [nonlinearity.slopeBound]))
  }
}

/// A leaky recurrent network with any number of layers. `LeakyCell` states the equations.
public typealias LeakyRNN<Scalar: RealScalar> = Recurrent<LeakyCell<Scalar>>

extension Recurrent {
  /// A copy of a network of either precision.
  public init<Scalar, Other>(
    _ other: Recurrent<LeakyCell<Other>>
  ) where Cell == LeakyCell<Scalar> { self = other.mapCells { LeakyCell($0) } }

  /// A randomly initialized leaky network, without biases if `bias` is false.
  ///
  /// - Precondition: The leak is in 0...1.
  public init<Scalar>(
    inputSize: Int, hiddenSize: Int, nonlinearity: Nonlinearity = .tanh, leak: Double,
    layers: Int = 1, bidirectional: Bool = false, dropout: Double = 0, bias: Bool = true,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) where Cell == LeakyCell<Scalar> {
    self.init(
      inputSize: inputSize, hiddenSize: hiddenSize, layers: layers, bidirectional: bidirectional,
      dropout: dropout
    ) {
      LeakyCell(
        inputSize: $0, hiddenSize: hiddenSize, nonlinearity: nonlinearity, leak: leak, bias: bias,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random)
    }
  }
}
