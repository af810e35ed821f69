import Backflow

/// The sizes T, B, I and H.
private let sizes = [1, 2, 6].flatMap { time in
  [1, 3].flatMap { batch in [(time, batch, 1, 1), (time, batch, 3, 5)] }
}

let recurrentRows: [GradientCheckRow] =
  sizes.flatMap { (time, batch, input, hidden) in
    let shapes = "T \(time), B \(batch), I \(input), H \(hidden)"
    return [
      row("tanh RNN, \(shapes)", time, batch) {
        RNN(inputSize: input, hiddenSize: hidden, using: &$0)
      },
      row("sigmoid RNN, \(shapes)", time, batch) {
        RNN(inputSize: input, hiddenSize: hidden, nonlinearity: .sigmoid, using: &$0)
      },
      row("leaky tanh RNN, \(shapes)", time, batch) {
        LeakyRNN(inputSize: input, hiddenSize: hidden, leak: 0.3, using: &$0)
      },
      row("leaky sigmoid RNN, \(shapes)", time, batch) {
        LeakyRNN(
          inputSize: input, hiddenSize: hidden, nonlinearity: .sigmoid, leak: 0.8, using: &$0)
      },
      row("LSTM, \(shapes)", time, batch) {
        LSTM(inputSize: input, hiddenSize: hidden, using: &$0)
      },
      row("GRU, \(shapes)", time, batch) {
        GRU(inputSize: input, hiddenSize: hidden, using: &$0)
      },
      row("GRU resetting before the product, \(shapes)", time, batch) {
        OriginalGRU(inputSize: input, hiddenSize: hidden, using: &$0)
      },
      reluRow(shapes, time, batch, input, hidden),
    ]
  } + stacked + withoutBias + stateful

/// Networks with several layers, both directions, lengths and dropout.
private let stacked: [GradientCheckRow] = [false, true].flatMap { bidirectional in
  [nil, [4, 1, 0], [2, 4, 4]].flatMap { (lengths: [Int]?) -> [GradientCheckRow] in
    let name =
      (bidirectional ? "both directions" : "one direction")
      + (lengths.map { ", lengths \($0)" } ?? "")
    return [
      row("2-layer RNN, \(name)", 4, 3, lengths: lengths) {
        RNN(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: bidirectional, using: &$0)
      },
      row("2-layer LSTM, \(name), dropout", 4, 3, lengths: lengths, mode: .training(seed: 5)) {
        LSTM(
          inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: bidirectional, dropout: 0.4,
          using: &$0)
      },
      row("2-layer leaky RNN, \(name)", 4, 3, lengths: lengths) {
        LeakyRNN(
          inputSize: 2, hiddenSize: 3, leak: 0.2, layers: 2, bidirectional: bidirectional,
          using: &$0)
      },
      row("3-layer GRU, \(name)", 4, 3, lengths: lengths) {
        GRU(inputSize: 2, hiddenSize: 3, layers: 3, bidirectional: bidirectional, using: &$0)
      },
      row("2-layer GRU resetting before the product, \(name)", 4, 3, lengths: lengths) {
        OriginalGRU(
          inputSize: 2, hiddenSize: 3, layers: 2,
          bidirectional: bidirectional, using: &$0)
      },
    ]
  }
}

private let withoutBias: [GradientCheckRow] = [(1, 1), (6, 3)].flatMap { time, batch in
  let shapes = "T \(time), B \(batch), no bias"
  return [
    row("tanh RNN, \(shapes)", time, batch) {
      RNN(inputSize: 3, hiddenSize: 5, bias: false, using: &$0)
    },
    row("leaky RNN, \(shapes)", time, batch) {
      LeakyRNN(inputSize: 3, hiddenSize: 5, leak: 0.3, bias: false, using: &$0)
    },
    row("LSTM, \(shapes)", time, batch) {
      LSTM(inputSize: 3, hiddenSize: 5, bias: false, using: &$0)
    },
    row("GRU, \(shapes)", time, batch) {
      GRU(inputSize: 3, hiddenSize: 5, bias: false, using: &$0)
    },
    row("GRU resetting before the product, \(shapes)", time, batch) {
      OriginalGRU(inputSize: 3, hiddenSize: 5, bias: false, using: &$0)
    },
    row("2-layer GRU, \(shapes), both directions", time, batch) {
      GRU(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, bias: false, using: &$0)
    },
  ]
}

private func row<Cell: RecurrentCell<Double>>(
  _ name: String, _ time: Int, _ batch: Int, lengths: [Int]? = nil, mode: Mode = .evaluation,
  _ make: @escaping @Sendable (inout RandomSource) -> Recurrent<Cell>
) -> GradientCheckRow {
  GradientCheckRow(String("\(Cell.self)".prefix { $0 != "<" }), name) { random in
    var network = make(&random)
    network.visitParameters { name, parameter in
      if name.hasPrefix("bias") { parameter = random.normal(parameter.shape) }
    }
    let states = network.zeroState(batch: batch).map { state in
      Cell.State(tensors: state.tensors.map { random.normal($0.shape) })
    }
    return DifferentiableFunction(
      network, input: random.normal([time, batch, network.inputSize]), initialState: states,
      lengths: lengths, mode: mode)
  }
}

/// A ReLU recurrence with positive inputs. Every second unit is always on, and the others are
/// always off, so that all arguments have a distance of at least 0.3 from the kink.
private func reluRow(
  _ shapes: String, _ time: Int, _ batch: Int, _ input: Int, _ hidden: Int
) -> GradientCheckRow {
  GradientCheckRow("VanillaCell", "ReLU RNN, \(shapes)") { random in
    let cell = VanillaCell<Double>(
      GateWeights(
        input: random.uniform([hidden, input], in: 0.2..<1),
        recurrent: random.uniform([hidden, hidden], in: 0..<0.15),
        inputBias: Tensor((0..<hidden).map { $0.isMultiple(of: 2) ? 0.5 : -20 }),
        recurrentBias: random.uniform([hidden], in: 0..<0.1)), nonlinearity: .relu)
    return DifferentiableFunction(
      RNN(cells: [[cell]]), input: random.uniform([time, batch, input], in: 0.5..<1.5),
      initialState: [random.uniform([batch, hidden], in: 0..<1)])
  }
}

/// Networks that carry their state from one batch to the next, in the second batch.
private let stateful: [GradientCheckRow] = [1, 3].map { batch in
  GradientCheckRow("StatefulRecurrent", "2-layer LSTM, B \(batch)") { random in
    var network = StatefulRecurrent(
      LSTM<Double>(inputSize: 2, hiddenSize: 3, layers: 2, using: &random), batch: batch)
    network.updateBuffers(from: network.forward(random.normal([4, batch, 2])).cache)
    return DifferentiableFunction(network, input: random.normal([3, batch, 2]))
  }
}
