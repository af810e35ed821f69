internal import BackflowKernels
public import BackflowLinearAlgebra

extension Recurrent {
  /// A vanilla network with freshly drawn weights; see `VanillaCell.init` for what is drawn.
  public init<Scalar>(
    inputSize: Int, hiddenSize: Int, nonlinearity: VanillaCell<Scalar>.Nonlinearity = .tanh,
    layers: Int = 1, bidirectional: Bool = false, dropout: Double = 0,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) where Cell == VanillaCell<Scalar> {
    self.init(
      layers: layers, bidirectional: bidirectional, dropout: dropout, inputSize: inputSize,
      hiddenSize: hiddenSize
    ) {
      VanillaCell(
        inputSize: $0, hiddenSize: hiddenSize, nonlinearity: nonlinearity,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random)
    }
  }

  /// A long short-term memory with freshly drawn weights; see `LSTMCell.init` for what is drawn.
  public init<Scalar>(
    inputSize: Int, hiddenSize: Int, forgetBias: Scalar = 1, layers: Int = 1,
    bidirectional: Bool = false, dropout: Double = 0,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) where Cell == LSTMCell<Scalar> {
    self.init(
      layers: layers, bidirectional: bidirectional, dropout: dropout, inputSize: inputSize,
      hiddenSize: hiddenSize
    ) {
      LSTMCell(
        inputSize: $0, hiddenSize: hiddenSize, forgetBias: forgetBias,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random)
    }
  }

  /// Gated recurrent units with freshly drawn weights; see `GRUCell.init` for what is drawn.
  public init<Scalar>(
    inputSize: Int, hiddenSize: Int, resetGate: GRUCell<Scalar>.ResetGate = .afterProduct,
    layers: Int = 1, bidirectional: Bool = false, dropout: Double = 0,
    inputWeights: Initializer = .glorotUniform(), recurrentWeights: Initializer = .orthogonal(),
    using random: inout RandomSource
  ) where Cell == GRUCell<Scalar> {
    self.init(
      layers: layers, bidirectional: bidirectional, dropout: dropout, inputSize: inputSize,
      hiddenSize: hiddenSize
    ) {
      GRUCell(
        inputSize: $0, hiddenSize: hiddenSize, resetGate: resetGate,
        inputWeights: inputWeights, recurrentWeights: recurrentWeights, using: &random)
    }
  }
}
