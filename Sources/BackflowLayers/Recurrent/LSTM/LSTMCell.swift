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
/// The backward pass computes the slopes of gates and candidate from their outputs, y (1 − y) and 1 − y².
/// Where an output rounds to its limit (a gate beyond 17 in single precision), the slope is 0 instead of some
/// 1e-8; slopes from the inputs, as `Sigmoid` and `Tanh` have them, would lengthen a step by 2 to 4 %.
///
/// Shapes, by letter T time, B batch, I input, H hidden: x [T, B, I], h [T, B, H], state h and c
/// [B, H], W_ih [4H, I], W_hh [4H, H], b_ih and b_hh [4H]; the gates stand in the order i f g o.
public struct LSTMCell<Scalar: RealScalar>: RecurrentCell {
  /// W_ih, [4H, I]
  public var inputWeight: Tensor<Scalar>
  /// W_hh, [4H, H]
  public var recurrentWeight: Tensor<Scalar>
  /// b_ih, [4H]
  public var inputBias: Tensor<Scalar>
  /// b_hh, [4H]: redundant beside b_ih, kept so that checkpoints go both ways.
  public var recurrentBias: Tensor<Scalar>

  /// I, the number of features of the input.
  public var inputSize: Int { inputWeight.shape[1] }
  /// H, the number of units.
  public var hiddenSize: Int { recurrentWeight.shape[1] }

  /// A cell with these parameters. Stops if their shapes do not fit together.
  public init(
    inputWeight: Tensor<Scalar>, recurrentWeight: Tensor<Scalar>,
    inputBias: Tensor<Scalar>, recurrentBias: Tensor<Scalar>
  ) {
    requireGates(4, "LSTM", inputWeight, recurrentWeight, inputBias, recurrentBias)
    self.inputWeight = inputWeight
    self.recurrentWeight = recurrentWeight
    self.inputBias = inputBias
    self.recurrentBias = recurrentBias
  }

  /// A cell with freshly drawn weights, an orthogonal W_hh for each gate, and zero biases but for
  /// `forgetBias`, which keeps the forget gates open at the start of training (Jozefowicz et al.,
  /// ICML 2015).
  public init(
    inputSize: Int, hiddenSize: Int, forgetBias: Scalar = 1,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) {
    self.init(
      inputWeight: .gates(4, [hiddenSize, inputSize], inputWeights, using: &random),
      recurrentWeight: .gates(4, [hiddenSize, hiddenSize], recurrentWeights, using: &random),
      inputBias: .zeros([4 * hiddenSize]), recurrentBias: .zeros([4 * hiddenSize]))
    inputBias[hiddenSize..<2 * hiddenSize] = Tensor(repeating: forgetBias, shape: [hiddenSize])
  }

  /// Visits the parameters under PyTorch's names and in its order.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("weight_ih", &inputWeight)
    visit("weight_hh", &recurrentWeight)
    visit("bias_ih", &inputBias)
    visit("bias_hh", &recurrentBias)
  }
}
