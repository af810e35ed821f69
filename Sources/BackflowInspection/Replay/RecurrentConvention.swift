internal import BackflowLayers
internal import BackflowLinearAlgebra

/// An interpretation of the weights of a recurrent network: which equations, and in which order the
/// gates are stacked.
struct RecurrentConvention: Sendable {
  /// A description, such as "reset after the product, gates r z n (PyTorch)".
  let name: String
  /// Runs cells with these weights and convention. Takes the weights by layer and direction, the
  /// input [T, B, I] and the initial h and c, [B, H] for each cell, and returns the outputs,
  /// [T, B, D·H].
  let run:
    @Sendable (
      _ weights: [[GateWeights<Double>]], _ input: Tensor<Double>, _ states: [[Tensor<Double>]]?
    ) -> Tensor<Double>

  /// The conventions of a kind of cell, the usual one of PyTorch first.
  static func all(of kind: RecurrentWeights.Kind) -> [RecurrentConvention] {
    switch kind {
    case .rnn:
      Nonlinearity.allCases.map { nonlinearity in
        RecurrentConvention("nonlinearity \(nonlinearity.rawValue)") {
          VanillaCell($0, nonlinearity: nonlinearity)
        }
      }
    case .gru:
      [("r z n", [0, 1, 2]), ("z r n", [1, 0, 2])].flatMap { order, gates in
        [
          RecurrentConvention("reset after the product, gates \(order)") {
            GRUCell($0.reordered(gates))
          },
          RecurrentConvention("reset before the product, gates \(order)") {
            OriginalGRUCell($0.reordered(gates))
          },
        ]
      }
    case .lstm:
      // PyTorch and Keras, TensorFlow 1, ONNX, and two more that programs use.
      [
        ("i f g o", [0, 1, 2, 3]), ("i g f o", [0, 2, 1, 3]), ("i o f g", [0, 2, 3, 1]),
        ("i f o g", [0, 1, 3, 2]), ("f i g o", [1, 0, 2, 3]),
      ].map { order, gates in
        RecurrentConvention("gates \(order)") { LSTMCell($0.reordered(gates)) }
      }
    }
  }

  /// A convention in which `makeCell` returns the cell for weights in the order of the file.
  private init<Cell: RecurrentCell<Double>>(
    _ name: String, _ makeCell: @escaping @Sendable (GateWeights<Double>) -> Cell
  ) {
    self.name = name
    run = { weights, input, states in
      let network = Recurrent(cells: weights.map { $0.map(makeCell) })
      let states = states?.map { tensors in
        Cell.State(tensors: Array(tensors.prefix(Cell.State.tensorCount)))
      }
      return network.forward(input, .evaluation, initialState: states).output
    }
  }
}

extension GateWeights<Double> {
  /// Returns these weights with gate `order[k]` in place k.
  fileprivate func reordered(_ order: [Int]) -> GateWeights {
    func moved(_ parameter: Tensor<Double>) -> Tensor<Double> {
      .concatenate(order.map { gates($0..<$0 + 1, of: parameter) })
    }
    return GateWeights(
      input: moved(input), recurrent: moved(recurrent), inputBias: inputBias.map(moved),
      recurrentBias: recurrentBias.map(moved))
  }
}
