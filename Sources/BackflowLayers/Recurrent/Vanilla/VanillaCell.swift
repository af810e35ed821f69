public import BackflowKernels
public import BackflowLinearAlgebra

/// A vanilla recurrence (PyTorch `RNN`, one layer, one direction).
///
///     a_t = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh        (1)
///     h_t = φ(a_t)                                       (2)
///
/// with φ = tanh or ReLU (J. L. Elman, "Finding structure in time", Cognitive Science 14, 1990).
///
/// The backward pass computes φ′ from h. Where h rounds to ±1 (|a| beyond 9 in single precision), it is 0
/// instead of some 1e-8; see `LSTMCell`.
///
/// Shapes, by letter T time, B batch, I input, H hidden: x [T, B, I], h [T, B, H], state [B, H],
/// W_ih [H, I], W_hh [H, H], b_ih and b_hh [H].
///
/// The forward pass is in VanillaCell+Forward, the backward pass in VanillaCell+Backward,
/// ∂h_t/∂h_{t−1} in VanillaCell+Jacobian, single steps in VanillaCell+Step.
public struct VanillaCell<Scalar: RealScalar>: RecurrentCell {
  /// φ of equation (2).
  public enum Nonlinearity: String, Sendable, CaseIterable {
    /// tanh a, slope at most 1.
    case tanh
    /// max(a, 0), slope 0 or 1.
    case relu
  }

  /// W_ih, [H, I]
  public var inputWeight: Tensor<Scalar>
  /// W_hh, [H, H]
  public var recurrentWeight: Tensor<Scalar>
  /// b_ih, [H]
  public var inputBias: Tensor<Scalar>
  /// b_hh, [H]: redundant beside b_ih, kept so that checkpoints go both ways.
  public var recurrentBias: Tensor<Scalar>
  /// φ
  public let nonlinearity: Nonlinearity

  /// I, the number of features of the input.
  public var inputSize: Int { inputWeight.shape[1] }
  /// H, the number of units.
  public var hiddenSize: Int { recurrentWeight.shape[0] }

  /// A cell with these parameters. Stops if their shapes do not fit together.
  public init(
    inputWeight: Tensor<Scalar>, recurrentWeight: Tensor<Scalar>,
    inputBias: Tensor<Scalar>, recurrentBias: Tensor<Scalar>, nonlinearity: Nonlinearity = .tanh
  ) {
    let hidden = inputBias.count
    require(
      inputWeight.rank == 2 && inputWeight.shape[0] == hidden
        && recurrentWeight.shape == [hidden, hidden] && inputBias.rank == 1
        && recurrentBias.shape == inputBias.shape,
      "RNN: W_ih \(inputWeight.shape), W_hh \(recurrentWeight.shape), b_ih \(inputBias.shape)"
        + " and b_hh \(recurrentBias.shape) do not fit together")
    self.inputWeight = inputWeight
    self.recurrentWeight = recurrentWeight
    self.inputBias = inputBias
    self.recurrentBias = recurrentBias
    self.nonlinearity = nonlinearity
  }

  /// A cell with freshly drawn weights and zero biases. An orthogonal W_hh keeps the length of
  /// the backward signal at the start of training.
  public init(
    inputSize: Int, hiddenSize: Int, nonlinearity: Nonlinearity = .tanh,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) {
    self.init(
      inputWeight: inputWeights([hiddenSize, inputSize], using: &random),
      recurrentWeight: recurrentWeights([hiddenSize, hiddenSize], using: &random),
      inputBias: .zeros([hiddenSize]), recurrentBias: .zeros([hiddenSize]),
      nonlinearity: nonlinearity)
  }

  /// Visits the parameters under PyTorch's names and in its order.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("weight_ih", &inputWeight)
    visit("weight_hh", &recurrentWeight)
    visit("bias_ih", &inputBias)
    visit("bias_hh", &recurrentBias)
  }
}
