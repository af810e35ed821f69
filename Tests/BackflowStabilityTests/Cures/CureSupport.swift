import Backflow
import Testing

/// A kind of cell, for tests that run over all of them.
enum CellKind: String, CaseIterable, Sendable {
  case tanh, sigmoid, relu, leaky, leakyReLU, lstm, gru, originalGRU

  /// Calls `body` with a random cell of this kind.
  func withCell(
    inputs: Int, units: Int, bias: Bool = true, gain: Double = 1, seed: UInt64,
    _ body: (any RecurrentCell<Double>) throws -> Void
  ) throws {
    var random = RandomSource(seed: seed)
    func weights(_ gates: Int) -> GateWeights<Double> {
      var weights = GateWeights<Double>(
        gates: gates, inputSize: inputs, hiddenSize: units, bias: bias,
        recurrentWeights: .orthogonal(gain: gain), using: &random)
      if bias {
        weights.inputBias = random.normal([gates * units]) * 0.3
        weights.recurrentBias = random.normal([gates * units]) * 0.3
      }
      return weights
    }
    switch self {
    case .tanh: try body(VanillaCell(weights(1), nonlinearity: .tanh))
    case .sigmoid: try body(VanillaCell(weights(1), nonlinearity: .sigmoid))
    case .relu: try body(VanillaCell(weights(1), nonlinearity: .relu))
    case .leaky: try body(LeakyCell(weights(1), leak: 0.4))
    case .leakyReLU: try body(LeakyCell(weights(1), nonlinearity: .relu, leak: 0.4))
    case .lstm: try body(LSTMCell(weights(4)))
    case .gru: try body(GRUCell(weights(3)))
    case .originalGRU: try body(OriginalGRUCell(weights(3)))
    }
  }
}

extension Tensor<Double> {
  /// The elements bit for bit.
  var bits: [UInt64] { elements.map(\.bitPattern) }
}

/// Expects that two cells differ only in the named parameters, and in each of them.
func expectChange<Cell: RecurrentCell<Double>>(
  from cell: Cell, to changed: Cell, only names: Set<String>,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let pairs = zip(cell.namedParameters, changed.namedParameters)
  for ((name, before), (_, after)) in pairs {
    #expect(
      (before.bits != after.bits) == names.contains(name), "\(name)",
      sourceLocation: sourceLocation)
  }
}

/// A vanilla cell without biases that ignores its input, [1].
func autonomousCell(
  _ weight: Tensor<Double>, _ nonlinearity: Nonlinearity = .tanh
) -> VanillaCell<Double> {
  VanillaCell(
    GateWeights(input: .zeros([weight.shape[0], 1]), recurrent: weight), nonlinearity: nonlinearity)
}

/// An LSTM without input whose U_g is `candidate` and whose other recurrent weights are zero.
func restingLSTM(candidate: Tensor<Double>, forgetBias: Double = 0) -> LSTMCell<Double> {
  let units = candidate.shape[0]
  var recurrent = Tensor<Double>.zeros([4 * units, units])
  recurrent.replaceSlice(2 * units..<3 * units, with: candidate)
  var bias = Tensor<Double>.zeros([4 * units])
  bias.replaceSlice(units..<2 * units, with: Tensor(repeating: forgetBias, shape: [units]))
  return LSTMCell(
    GateWeights(
      input: .zeros([4 * units, 1]), recurrent: recurrent, inputBias: bias,
      recurrentBias: .zeros([4 * units])))
}
