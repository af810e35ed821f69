import Backflow

/// A module of `torch.nn` and its arguments, as scripts/fixtures/checkpoint_models.py records it,
/// run by this library.
public struct TorchModel {
  /// The class in `torch.nn`.
  public let kind: String
  private let options: [String: String]

  /// An error in a description or a recording.
  public struct Problem: Error, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    /// An error with this description.
    public init(description: String) { self.description = description }
  }

  /// The module of this class with these arguments as text, such as `["num_layers": "2"]`.
  public init(kind: String, options: [String: String]) {
    self.kind = kind
    self.options = options
  }

  private func isOn(_ option: String, default value: Bool) -> Bool {
    options[option].map { $0.lowercased() == "true" || $0 == "1" } ?? value
  }

  private func number(_ option: String) throws -> Int {
    guard let value = options[option].flatMap(Int.init) else {
      throw Problem(description: "\(kind): the argument \(option) is missing")
    }
    return value
  }

  private func pair(_ option: String, default value: Int) throws -> HeightWidth {
    guard options[option + ".0"] != nil else { return HeightWidth(value) }
    return HeightWidth(
      height: try number(option + ".0"), width: try number(option + ".1"))
  }

  /// Loads the module from `state_dict` of a recording, runs its passes with the recorded inputs
  /// and output gradients, and returns every other tensor of the recording, computed again.
  public func results<S: RealScalar>(of recording: Checkpoint, as _: S.Type) throws -> Checkpoint {
    var random = RandomSource(seed: 0)
    let run = Run<S>(recording)
    let hasBias = isOn("bias", default: true)
    switch kind {
    case "RNN", "LSTM", "GRU":
      let (inputs, hidden, layers) = (
        try number("input_size"), try number("hidden_size"), try number("num_layers")
      )
      let isBidirectional = isOn("bidirectional", default: false)
      func network<Cell: RecurrentCell<S>>(_ makeCell: (Int) -> Cell) -> Recurrent<Cell> {
        Recurrent(
          inputSize: inputs, hiddenSize: hidden, layers: layers, bidirectional: isBidirectional,
          makeCell)
      }
      switch kind {
      case "LSTM":
        return try run.layer(
          network { LSTMCell(inputSize: $0, hiddenSize: hidden, bias: hasBias, using: &random) })
      case "GRU":
        return try run.layer(
          network { GRUCell(inputSize: $0, hiddenSize: hidden, bias: hasBias, using: &random) })
      default:
        let nonlinearity = Nonlinearity(rawValue: options["nonlinearity"] ?? "tanh") ?? .tanh
        return try run.layer(
          network {
            VanillaCell(
              inputSize: $0, hiddenSize: hidden, nonlinearity: nonlinearity, bias: hasBias,
              using: &random)
          })
      }
    case "LSTMCell":
      return try run.cell(
        LSTMCell(
          inputSize: number("input_size"), hiddenSize: number("hidden_size"), bias: hasBias,
          using: &random))
    case "GRUCell":
      return try run.cell(
        GRUCell(
          inputSize: number("input_size"), hiddenSize: number("hidden_size"), bias: hasBias,
          using: &random))
    case "Linear":
      return try run.layer(
        Dense(
          inputSize: number("in_features"), outputSize: number("out_features"), bias: hasBias,
          using: &random))
    case "Conv2d":
      return try run.layer(
        Conv2D(
          inputChannels: number("in_channels"), outputChannels: number("out_channels"),
          kernelSize: pair("kernel_size", default: 1), stride: pair("stride", default: 1),
          padding: pair("padding", default: 0), bias: hasBias, using: &random))
    case "LayerNorm":
      let size = try number("normalized_shape")
      return try run.layer(
        LayerNorm(size: size, isAffine: isOn("elementwise_affine", default: true), bias: hasBias))
    case "MultiheadAttention":
      return try run.layer(
        MultiHeadAttention(
          size: number("embed_dim"), heads: number("num_heads"), bias: hasBias, using: &random))
    case "BatchNorm2d":
      return try run.batchNorm(
        BatchNorm(channels: number("num_features"), isAffine: isOn("affine", default: true)))
    case "Embedding":
      return try run.embedding(
        Embedding(
          count: number("num_embeddings"), size: number("embedding_dim"), using: &random))
    default: throw Problem(description: "torch.nn.\(kind) has no counterpart here")
    }
  }
}

/// One recording in one precision.
private struct Run<S: RealScalar> {
  let recording: Checkpoint

  init(_ recording: Checkpoint) { self.recording = recording }

  func tensor(_ name: String) throws -> Tensor<S> {
    guard let stored = recording[name] else {
      throw TorchModel.Problem(description: "the recording has no \(name)")
    }
    return try stored.values()
  }

  /// The model with the recorded parameters.
  func loaded<Model: Parameterized<S>>(_ model: Model) throws -> Model {
    var model = model
    try model.load(recording, prefix: "state_dict")
    return model
  }

  /// The model, the named results, and the gradients of its parameters.
  func checkpoint<Model: Parameterized<S>>(
    _ model: Model, _ gradients: Model, _ results: [(String, Tensor<S>)]
  ) throws -> Checkpoint {
    var checkpoint = try Checkpoint(model, prefix: "state_dict")
    for (name, value) in results { try checkpoint.insert(StoredTensor(value), named: name) }
    for (name, value) in gradients.namedParameters {
      try checkpoint.insert(StoredTensor(value), named: "grad." + name)
    }
    return checkpoint
  }

  func layer<L: Layer<S>>(_ layer: L) throws -> Checkpoint {
    let layer = try loaded(layer)
    let (output, cache) = layer.forward(try tensor("input"))
    let (inputGradient, gradients) = layer.backward(try tensor("output_gradient"), cache)
    return try checkpoint(
      layer, gradients, [("output", output), ("input_gradient", inputGradient)])
  }

  func cell<Cell: RecurrentCell<S>>(_ cell: Cell) throws -> Checkpoint {
    let cell = try loaded(cell)
    let names = Array(["hidden", "cell"].prefix(Cell.State.tensorCount))
    let network = Recurrent(cells: [[cell]])
    let input = try tensor("input")
    let (batch, features) = (input.shape[0], input.shape[1])
    let state = Cell.State(tensors: try names.map(tensor))
    let (output, finalState, cache) = network.forward(
      input.reshaped(to: [1, batch, features]), initialState: [state])
    let outputGradient = try tensor("output_gradient")
    var stateGradient = [Tensor<S>.zeros(outputGradient.shape)]
    if names.count > 1 { stateGradient.append(try tensor("cell_output_gradient")) }
    let (inputGradient, initial, gradients) = network.backward(
      outputGradient.reshaped(to: [1, batch, outputGradient.shape[1]]),
      finalStateGradient: [Cell.State(tensors: stateGradient)], cache)
    var results = [
      ("output", output.select(0)), ("input_gradient", inputGradient.select(0)),
      ("hidden_gradient", initial[0].hidden),
    ]
    if let cellOutput = finalState[0].cellState, let cellGradient = initial[0].cellState {
      results += [("cell_output", cellOutput), ("cell_gradient", cellGradient)]
    }
    return try checkpoint(cell, gradients.cells[0][0], results)
  }

  func embedding(_ layer: Embedding<S>) throws -> Checkpoint {
    let layer = try loaded(layer)
    guard let stored = recording["input"] else {
      throw TorchModel.Problem(description: "the recording has no input")
    }
    let (output, cache) = layer.forward(try stored.integers(), shape: Shape(stored.shape))
    return try checkpoint(
      layer, layer.backward(try tensor("output_gradient"), cache).gradients,
      [("output", output)])
  }

  func batchNorm(_ layer: BatchNorm<S>) throws -> Checkpoint {
    var layer = try loaded(layer)
    var all = try self.layer(layer)
    let (output, cache) = layer.forward(try tensor("training_input"), .training(seed: 0))
    let (inputGradient, gradients) = layer.backward(try tensor("training_output_gradient"), cache)
    layer.updateBuffers(from: cache)
    let results = [("output", output), ("input_gradient", inputGradient)]
    let trained = try checkpoint(layer, gradients, results)
    for (name, tensor) in trained.tensors { try all.insert(tensor, named: "training_" + name) }
    return all
  }
}
