public import BackflowKernels
public import BackflowLinearAlgebra

/// A gated recurrent unit (PyTorch `GRU`, one layer, one direction).
///
///     r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)                 reset gate     (1)
///     z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)                 update gate    (2)
///     n_t = tanh(W_in x_t + b_in + r_t ⊙ (W_hn h_{t−1} + b_hn))      candidate      (3)
///     h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}                          output         (4)
///
/// Cho et al., EMNLP 2014, whose candidate resets before the product (`ResetGate.beforeProduct`):
///
///     n_t = tanh(W_in x_t + b_in + W_hn (r_t ⊙ h_{t−1}) + b_hn)                     (3′)
///
/// The backward pass computes the slopes of gates and candidate from their outputs, y (1 − y) and 1 − y².
/// Where an output rounds to its limit (a gate beyond 17 in single precision), the slope is 0 instead of some
/// 1e-8; slopes from the inputs, as `Sigmoid` and `Tanh` have them, would lengthen a step by 2 to 4 %.
///
/// Shapes, by letter T time, B batch, I input, H hidden: x [T, B, I], h [T, B, H], state [B, H],
/// W_ih [3H, I], W_hh [3H, H], b_ih and b_hh [3H]; the gates stand in the order r z n.
public struct GRUCell<Scalar: RealScalar>: RecurrentCell {
  /// Where the reset gate acts.
  public enum ResetGate: String, Sendable, CaseIterable {
    /// On the product W_hn h + b_hn, equation (3): as cuDNN and PyTorch have it, and the faster one.
    case afterProduct
    /// On h, before the product, equation (3′): the original convention.
    case beforeProduct
  }

  /// W_ih, [3H, I]
  public var inputWeight: Tensor<Scalar>
  /// W_hh, [3H, H]
  public var recurrentWeight: Tensor<Scalar>
  /// b_ih, [3H]
  public var inputBias: Tensor<Scalar>
  /// b_hh, [3H]
  public var recurrentBias: Tensor<Scalar>
  /// Equation (3) or (3′).
  public let resetGate: ResetGate

  /// I, the number of features of the input.
  public var inputSize: Int { inputWeight.shape[1] }
  /// H, the number of units.
  public var hiddenSize: Int { recurrentWeight.shape[1] }

  /// A cell with these parameters. Stops if their shapes do not fit together.
  public init(
    inputWeight: Tensor<Scalar>, recurrentWeight: Tensor<Scalar>,
    inputBias: Tensor<Scalar>, recurrentBias: Tensor<Scalar>, resetGate: ResetGate = .afterProduct
  ) {
    requireGates(3, "GRU", inputWeight, recurrentWeight, inputBias, recurrentBias)
    self.inputWeight = inputWeight
    self.recurrentWeight = recurrentWeight
    self.inputBias = inputBias
    self.recurrentBias = recurrentBias
    self.resetGate = resetGate
  }

  /// A cell with freshly drawn weights, an orthogonal W_hh for each gate, and zero biases.
  public init(
    inputSize: Int, hiddenSize: Int, resetGate: ResetGate = .afterProduct,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) {
    self.init(
      inputWeight: .gates(3, [hiddenSize, inputSize], inputWeights, using: &random),
      recurrentWeight: .gates(3, [hiddenSize, hiddenSize], recurrentWeights, using: &random),
      inputBias: .zeros([3 * hiddenSize]), recurrentBias: .zeros([3 * hiddenSize]),
      resetGate: resetGate)
  }

  /// Visits the parameters under PyTorch's names and in its order.
  public mutating func visitParameters(_ visit: ParameterVisitor<Scalar>) {
    visit("weight_ih", &inputWeight)
    visit("weight_hh", &recurrentWeight)
    visit("bias_ih", &inputBias)
    visit("bias_hh", &recurrentBias)
  }

  /// The rows of a parameter that belong to gates `range` of r z n.
  func gates(_ range: Range<Int>, of parameter: Tensor<Scalar>) -> Tensor<Scalar> {
    parameter[range.lowerBound * hiddenSize..<range.upperBound * hiddenSize]
  }
}
