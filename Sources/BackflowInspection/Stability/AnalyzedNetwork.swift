internal import BackflowCheckpoints
internal import BackflowKernels
internal import BackflowLayers
internal import BackflowLinearAlgebra
internal import BackflowStability
internal import OrderedCollections

/// A recurrent network of a checkpoint with its parameters, ready to run.
struct AnalyzedNetwork {
  /// The name of the network, or of its first W_hh if that is empty.
  let name: String
  let kind: RecurrentWeights.Kind
  /// The names of W_hh by layer and direction.
  let names: [[String]]
  let parameters: [[GateWeights<Double>]]
  /// The name of W_ih of the first layer, or `nil` for a cell without input.
  let inputWeight: String?
  /// The name of the only W_hh that is reported, or `nil` for all.
  let selected: String?
  /// The machine epsilon of the type of the recurrent weights.
  let precision: Double
  /// The biases that are missing beside another, such as "b_ih beside bias_hh".
  let missingBiases: [String]

  var hasInput: Bool { inputWeight != nil }

  /// Returns the networks that the options choose.
  static func all(
    in checkpoint: Checkpoint, _ options: CheckpointStability.Options
  ) throws(RecurrentNetworkError) -> [AnalyzedNetwork] {
    let networks = RecurrentNetworkWeights.all(in: checkpoint)
    var chosen: [AnalyzedNetwork] = []
    guard let name = options.layer else {
      for network in networks { chosen.append(try AnalyzedNetwork(network)) }
      if chosen.isEmpty, checkpoint.tensors.count == 1,
        let only = checkpoint.tensors.elements.first,
        StateSpaceParameters.all(in: checkpoint).isEmpty
      {
        chosen.append(try AnalyzedNetwork(matrix: only.key, only.value))
      }
      return chosen
    }
    for network in networks where network.name == name {
      chosen.append(try AnalyzedNetwork(network))
    }
    if !chosen.isEmpty { return chosen }
    if let network = networks.first(where: { $0.recurrentNames.contains(name) }) {
      // A matrix of a network that cannot run stands for itself.
      if network.kind == .rnn, !network.isComplete, let tensor = checkpoint[name] {
        return [try AnalyzedNetwork(matrix: name, tensor)]
      }
      return [try AnalyzedNetwork(network, selected: name)]
    }
    guard let tensor = checkpoint[name] else { return [] }
    return [try AnalyzedNetwork(matrix: name, tensor)]
  }

  /// Reads the parameters of a network.
  init(
    _ network: RecurrentNetworkWeights, selected: String? = nil
  ) throws(RecurrentNetworkError) {
    let cells = Array(network.layers.joined())
    (kind, self.selected, precision) = (network.kind, selected, network.precision)
    names = network.layers.map { $0.map(\.recurrent.name) }
    name = network.name.isEmpty ? network.recurrentNames.first ?? "" : network.name
    inputWeight = cells.first?.input?.name
    if network.kind == .rnn, network.isComplete, cells.count == 1, cells[0].input == nil,
      cells[0].misfits.isEmpty
    {
      parameters = [[try cells[0].parameters()]]
    } else {
      parameters = try network.parameters()
    }
    missingBiases = cells.compactMap { cell in
      switch (cell.inputBias, cell.recurrentBias) {
      case (let bias?, nil): "b_hh beside \(escaped(bias.name))"
      case (nil, let bias?): "b_ih beside \(escaped(bias.name))"
      default: nil
      }
    }
  }

  /// A vanilla cell without input and biases.
  init(matrix name: String, _ tensor: StoredTensor) throws(RecurrentNetworkError) {
    guard tensor.shape.count == 2, tensor.shape[0] == tensor.shape[1], tensor.count > 0 else {
      throw .mismatch(tensor: name, shape: tensor.shape, expected: "a square matrix, [H, H]")
    }
    let values = try RecurrentWeights.Named(name: name, tensor: tensor).finiteValues()
    let weights = GateWeights(input: .zeros([tensor.shape[0], 1]), recurrent: values)
    (self.name, kind, names, parameters) = (name, .rnn, [[name]], [[weights]])
    (inputWeight, selected, precision, missingBiases) = (nil, nil, tensor.type.precision, [])
  }
}

// MARK: - The report

extension AnalyzedNetwork {
  /// Checks that the network can read an input.
  func check(_ input: SequenceInput) throws(RecurrentNetworkError) {
    guard let inputWeight else {
      throw .inapplicable(
        option: "the input \(input.name)", reason: "there is no W_ih beside \(escaped(name))")
    }
    let (features, expected) = (input.values.shape[2], parameters[0][0].inputSize)
    guard features == expected else {
      throw .inputFeatures(
        input: input.name, features, weight: inputWeight, expected: expected)
    }
  }

  /// Runs the network with the equations of the options, and analyzes its layers.
  func report(
    along input: SequenceInput?, _ options: CheckpointStability.Options,
    using random: inout RandomSource, progress: (_ layer: String, _ share: Double) -> Void
  ) throws(RecurrentNetworkError) -> StabilityReport {
    var settings = options.stability
    settings.names = Array(names.joined())
    settings.selection = selected.map { [$0] }
    settings.precision = precision
    func analyze<Cell: RecurrentCell<Double>>(
      _ cell: (GateWeights<Double>) -> Cell
    ) throws(RecurrentNetworkError) -> StabilityReport {
      do {
        return try Stability.report(
          of: Recurrent(cells: parameters.map { $0.map(cell) }), along: input?.values,
          lengths: input?.lengths, options: settings, using: &random, progress: progress)
      } catch {
        throw .unanalyzed(network: name, error)
      }
    }
    let nonlinearity = options.nonlinearity ?? .tanh
    switch kind {
    case .lstm: return try analyze { LSTMCell($0) }
    case .gru where options.reset == .beforeProduct:
      return try analyze { OriginalGRUCell($0) }
    case .gru: return try analyze { GRUCell($0) }
    case .rnn:
      if let leak = options.leak, leak != 1 {
        return try analyze { LeakyCell($0, nonlinearity: nonlinearity, leak: leak) }
      }
      return try analyze { VanillaCell($0, nonlinearity: nonlinearity) }
    }
  }
}
