public import BackflowCheckpoints
internal import BackflowLayers
public import BackflowLinearAlgebra
internal import BackflowStability
internal import OrderedCollections

extension CheckpointStability {
  /// Analyzes the recurrent layers of a checkpoint along an input, or without one.
  ///
  /// Without recurrent layers, a single square matrix is that of a vanilla cell without input.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint.
  ///   - input: The input of each network, or `nil` to run them from random states with an input of
  ///     zero; see `Stability.report(of:along:lengths:options:using:progress:)`. If networks have
  ///     inputs of different sizes, `options.layer` selects one.
  ///   - options: What is analyzed, and how.
  ///   - random: The source of random directions and states.
  ///   - progress: A closure that is called with the name of a layer and the completed share.
  /// - Throws: `RecurrentNetworkError` if there is nothing to analyze, a tensor is missing, does
  ///   not fit, or is not finite, or the input does not fit.
  /// - Complexity: See `Stability.report(of:along:lengths:options:using:progress:)`.
  public init(
    of checkpoint: Checkpoint, along input: SequenceInput? = nil, options: Options = Options(),
    using random: inout RandomSource,
    progress: (_ layer: String, _ share: Double) -> Void = { _, _ in }
  ) throws(RecurrentNetworkError) {
    let analyzed = try AnalyzedNetwork.all(in: checkpoint, options)
    let stateSpace = try stateSpaceReports(of: checkpoint, options)
    guard !analyzed.isEmpty || !stateSpace.isEmpty else {
      if let layer = options.layer {
        let layers = RecurrentWeights.all(in: checkpoint).map(\.recurrent.name)
        throw .noSuchLayer(layer, layers: layers)
      }
      throw .noRecurrentLayer(
        count: checkpoint.tensors.count,
        misfits: RecurrentWeights.misfits(in: checkpoint).prefix(4).map {
          RecurrentNetworkError.mismatch(tensor: $0.name, shape: $0.shape, expected: $0.expected)
            .description
        })
    }
    try options.check(analyzed)
    if let input { for network in analyzed { try network.check(input) } }
    var options = options
    options.stability.readout = try options.readout.map { name throws(RecurrentNetworkError) in
      try readout(name, in: checkpoint, of: analyzed)
    }
    var layers: [LayerStability] = []
    for (index, network) in analyzed.enumerated() {
      layers += try network.report(along: input, options, using: &random) {
        progress($0, (Double(index) + $1) / Double(analyzed.count))
      }.layers
    }
    var assumptions = options.assumptions(analyzed)
    if let name = options.readout, options.stability.readout?.bias == nil {
      assumptions.append("The read-out \(escaped(name)) has no bias beside it, which is zero.")
    }
    if let input, input.values.shape[0] < input.values.shape[1] {
      assumptions.append(
        "The input, \(input.name), is taken as [time, batch, features]:"
          + " \(input.values.shape[0]) step\(input.values.shape[0] == 1 ? "" : "s") of"
          + " \(input.values.shape[1]) samples.")
    }
    if let input, analyzed.isEmpty {
      assumptions.append("The input \(input.name) is not used: there is no recurrent layer.")
    }
    self.init(layers: layers, stateSpaceLayers: stateSpace, assumptions: assumptions)
  }
}

/// Returns a read-out, which must fit the only cell of the networks.
private func readout(
  _ name: String, in checkpoint: Checkpoint, of networks: [AnalyzedNetwork]
) throws(RecurrentNetworkError) -> Readout {
  let cells = networks.flatMap { $0.parameters.joined() }
  guard cells.count == 1, networks[0].hasInput else {
    throw .inapplicable(
      option: "the read-out \(escaped(name))",
      reason: "it needs one recurrent layer with input in one direction, found \(cells.count)")
  }
  guard let tensor = checkpoint[name] else {
    throw .noSuchInput(name, in: "the checkpoint", tensors: Array(checkpoint.tensors.keys))
  }
  let expected = [cells[0].inputSize, cells[0].hiddenSize]
  guard tensor.shape == expected else {
    throw .mismatch(
      tensor: name, shape: tensor.shape, expected: "\(expected), [features, units]")
  }
  let biasName = readoutBias(of: name)
  let bias = biasName == name ? nil : checkpoint[biasName]
  if let bias, bias.shape != [expected[0]] {
    throw .mismatch(tensor: biasName, shape: bias.shape, expected: "[\(expected[0])]")
  }
  return Readout(
    weight: try RecurrentWeights.Named(name: name, tensor: tensor).finiteValues(),
    bias: try bias.map { tensor throws(RecurrentNetworkError) in
      try RecurrentWeights.Named(name: biasName, tensor: tensor).finiteValues()
    })
}

/// Returns the name with `bias` for the last `weight`, or the name itself without one.
private func readoutBias(of name: String) -> String {
  guard let range = name.ranges(of: "weight").last else { return name }
  return name.replacingCharacters(in: range, with: "bias")
}

/// The reports of the state-space layers, or of none if one recurrent layer is chosen.
private func stateSpaceReports(
  of checkpoint: Checkpoint, _ options: CheckpointStability.Options
) throws(RecurrentNetworkError) -> [StateSpaceLayerReport] {
  do {
    return try StateSpaceLayer.all(in: checkpoint)
      .filter { options.layer == nil || options.layer == $0.name }
      .map { StateSpaceLayerReport(of: $0) }
  } catch {
    throw .unreadable(error)
  }
}

extension CheckpointStability.Options {
  /// Checks that the options about equations apply to a network.
  func check(_ networks: [AnalyzedNetwork]) throws(RecurrentNetworkError) {
    func require(
      _ kind: RecurrentWeights.Kind, _ option: String, _ cell: String
    ) throws(RecurrentNetworkError) {
      guard !networks.contains(where: { $0.kind == kind }) else { return }
      let names = networks.map { "\(escaped($0.name)) (\($0.kind.rawValue))" }
      throw .inapplicable(
        option: option,
        reason: names.isEmpty
          ? "no recurrent layer is analyzed"
          : "there is no \(cell) among the networks, \(names.joined(separator: ", "))")
    }
    if nonlinearity != nil { try require(.rnn, "a nonlinearity", "vanilla cell") }
    if leak != nil { try require(.rnn, "a leak", "vanilla cell") }
    if reset != nil { try require(.gru, "the place of the reset gate", "GRU") }
    if let leak, !(leak > 0 && leak <= 1) {
      throw .unanalyzed(network: "", .leakNotPositive(leak))
    }
  }

  /// What a file does not state.
  func assumptions(_ networks: [AnalyzedNetwork]) -> [String] {
    let kinds = Set(networks.map(\.kind))
    let zeroBiases = networks.flatMap(\.missingBiases)
    return [
      kinds.contains(.rnn) && nonlinearity == nil
        ? "Vanilla cells are taken to have the nonlinearity tanh." : nil,
      kinds.contains(.gru) && reset == nil
        ? "GRUs are taken to have PyTorch's equations, with the reset gate after the product."
        : nil,
      kinds.contains(.gru) || kinds.contains(.lstm)
        ? "The gates are taken to be in PyTorch's order, "
          + [RecurrentWeights.Kind.lstm, .gru].filter(kinds.contains).map {
            $0.gates.joined(separator: " ")
          }.joined(separator: " and ") + "." : nil,
      zeroBiases.isEmpty
        ? nil : "Missing biases are taken as zero: \(zeroBiases.joined(separator: ", ")).",
      networks.contains(where: { !$0.hasInput })
        ? "Without W_ih, \(networks.filter { !$0.hasInput }.map { escaped($0.name) }.joined(separator: ", "))"
          + " is analyzed without input." : nil,
    ].compactMap(\.self)
  }
}
