internal import BackflowKernels
public import BackflowLayers
public import BackflowLinearAlgebra

extension StepObservation {
  /// Records every layer of a network, from the trace of its backward pass.
  ///
  /// Layers are called by their place, "3.body.0", as their parameters are called
  /// "3.body.0.weight". Activations, the signal on both sides of each layer and the cells of
  /// recurrent layers are recorded at any depth; a layer that shows nothing is listed in
  /// `opaqueLayers`.
  ///
  /// - Parameters:
  ///   - trace: What `tracedBackward` returned.
  ///   - output: The output of the network, which no cache holds. Without it, an overflow in it is
  ///     reported in the loss.
  ///   - prefix: What the names of the layers begin with, to tell several networks apart. Without
  ///     it, a network with a name that another one has taken is recorded under "model2.",
  ///     "model3.". A network goes on with the layers of the last one if it got its output, that is
  ///     if its gradient with respect to the input is the other's with respect to the output.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public mutating func recordNetwork(
    _ trace: LayerTrace<Scalar>, output: Tensor<Scalar>? = nil, prefix: String = ""
  ) {
    // A network that is a chain of layers is judged as that chain, any other as one layer with
    // parts.
    let layers = trace.isChain ? trace.parts : [trace]
    let isFirst = signals.isEmpty && innerSignals.isEmpty
    let continues =
      isFirst
      || signals.last.map { below in
        layers.first?.inputGradient.isSame(as: below.outputGradient) ?? false
      } ?? false
    if !continues { networks += 1 }
    let prefix =
      isFirst || !prefix.isEmpty
      ? prefix
      : distinctPrefix(
        of: layers.map(\.place), taken: Set((signals + innerSignals.joined()).map(\.layer)))
    if let first = trace.firstLayer, let input = first.input {
      inputs.append(ObservedInput(layer: prefix + first.place, value: input))
    }
    forwards.reserveCapacity(forwards.count + 2 * layers.count + 1)
    backwards.append { layers.flatMap { $0.shownBackwards(prefix) } }
    let recorded = record(layers, prefix, below: continues ? signals.last : nil)
    if signals.isEmpty {
      signals = recorded
    } else if continues {
      signals += recorded
    } else {
      innerSignals.append(recorded)
    }
    guard let output, let last = layers.last else { return }
    outputs.append((prefix + last.place, output))
    if last.activations.isEmpty { addOutput(output, of: prefix + last.place, last.type) }
  }

  /// Records the cells of a recurrent network: gates and units at all time steps, and the gradients
  /// with respect to their states. Cells are called "lstm.l0", "lstm.l0_reverse", "lstm.l1" if
  /// `name` is "lstm".
  ///
  /// - Parameters:
  ///   - name: The name of the network in the findings.
  ///   - network: The network.
  ///   - cache: The cache of its forward pass.
  ///   - traces: The traces from `tracedBackward`, one for each cell, or none.
  public mutating func recordRecurrent<Cell: RecurrentCell<Scalar>>(
    _ name: String, _ network: Recurrent<Cell>, _ cache: Recurrent<Cell>.Cache,
    traces: [BackwardTrace<Scalar>] = []
  ) {
    for cell in network.cells(in: cache, traces: traces) {
      record(cell, as: "\(name).\(cell.path)")
      backwards.append { cell.shownBackwards("\(name).") }
    }
  }

  /// Records layers that follow one another, and returns the signal on both sides of each.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private mutating func record(
    _ chain: [LayerTrace<Scalar>], _ prefix: String, below: LayerSignal<Scalar>? = nil
  ) -> [LayerSignal<Scalar>] {
    var signals: [LayerSignal<Scalar>] = []
    signals.reserveCapacity(chain.count)
    var (output, norm) = (below?.outputGradient, below?.outputNorm)
    for layer in chain {
      let name = prefix + layer.place
      let type = layer.path.isEmpty ? nil : layer.type
      let (outputGradient, inputGradient) = (layer.outputGradient, layer.inputGradient)
      let signal = LayerSignal(
        layer: name, type: type, kind: layer.kind ?? .other, outputGradient: outputGradient,
        inputGradient: inputGradient, inputNorm: knownNorm(of: inputGradient, output, norm))
      signals.append(signal)
      if let input = layer.input, !isJustAdded(input) {
        forwards.append(ShownTensor(name, "the input", input, type: type))
      }
      if let trace = layer.normalization {
        normalizations.append(ObservedNormalization(layer: name, type: type?.name, trace: trace))
      }
      for cell in layer.cells { record(cell, as: prefix + cell.path) }
      for inner in layer.chains { innerSignals.append(record(inner, prefix)) }
      for activation in layer.activations { add(activation, of: name, type) }
      if layer.isOpaque { opaqueLayers.append(name) }
      (output, norm) = (outputGradient, signal.outputNorm)
    }
    return signals
  }

  private mutating func record(_ cell: CellTrace<Scalar>, as name: String) {
    for activation in cell.activations {
      add(
        activation, of: name,
        isCovered: !activation.output.storage.sharesMemory(with: cell.output.storage))
    }
    addOutput(cell.output, of: name)
    guard let trace = cell.backward else { return }
    recurrences.append(RecurrentSignal(layer: name, cell: cell, trace: trace))
  }
}

extension LayerTrace {
  /// The layer that reads the input: the first one without parts.
  fileprivate var firstLayer: LayerTrace? { parts.first.map { $0.firstLayer ?? $0 } ?? self }

  /// The parts in runs of layers that follow one another: each reads what the one before returned.
  fileprivate var chains: [[LayerTrace]] {
    if parts.isEmpty { return [] }
    var chains: [[LayerTrace]] = []
    for part in parts {
      if let below = chains.last?.last, below.isBelow(part) {
        chains[chains.count - 1].append(part)
      } else {
        chains.append([part])
      }
    }
    return chains
  }

  /// Whether the parts follow one another from the input to the output, as in a `Sequential`.
  fileprivate var isChain: Bool {
    let parts = parts
    guard let first = parts.first, let last = parts.last else { return false }
    for index in 1..<parts.count where !parts[index - 1].isBelow(parts[index]) { return false }
    return last.outputGradient.isSame(as: outputGradient)
      && first.inputGradient.isSame(as: inputGradient)
  }
}

extension Tensor {
  func isSame(as other: Tensor) -> Bool {
    storage.sharesMemory(with: other.storage)
  }
}

extension ShownTensor {
  /// x̄
  static func inputGradient(
    _ layer: String, _ gradient: Tensor<Scalar>, _ type: LayerType?
  ) -> ShownTensor {
    ShownTensor(layer, "the gradient with respect to the input", gradient, type: type)
  }

  /// ȳ
  static func outputGradient(
    _ layer: String, _ gradient: Tensor<Scalar>, _ type: LayerType?
  ) -> ShownTensor {
    ShownTensor(layer, "the gradient with respect to the output", gradient, type: type)
  }
}

extension LayerTrace {
  /// The gradients in reverse order, so that what is inside a layer comes between its two.
  fileprivate func shownBackwards(_ prefix: String) -> [ShownTensor<Scalar>] {
    let (name, type) = (prefix + place, path.isEmpty ? nil : self.type)
    return [.inputGradient(name, inputGradient, type)]
      + cells.flatMap { $0.shownBackwards(prefix) } + parts.flatMap { $0.shownBackwards(prefix) }
      + [.outputGradient(name, outputGradient, type)]
  }
}

extension CellTrace {
  /// The gradients in reverse order.
  fileprivate func shownBackwards(_ prefix: String) -> [ShownTensor<Scalar>] {
    guard let trace = backward else { return [] }
    let gradients =
      trace.stateGradients.map { ("the gradient with respect to the states", $0) } + [
        ("the gradient with respect to the pre-activations", trace.preactivationGradient),
        ("the gradient with respect to the output", trace.outputGradient),
      ]
    return gradients.map { ShownTensor(prefix + path, $0, $1) }
  }
}
