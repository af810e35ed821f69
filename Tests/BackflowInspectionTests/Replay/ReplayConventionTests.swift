import Backflow
import TestSupport
import Testing

/// The layers, directions, biases and initial states of a network.
struct NetworkForm: CustomTestStringConvertible {
  var layers = 1
  var bidirectional = false
  var bias = true
  var states = false

  var testDescription: String {
    "\(layers) layers, \(bidirectional ? 2 : 1) directions, bias: \(bias), states: \(states)"
  }

  static let all: [NetworkForm] = [
    NetworkForm(), NetworkForm(bias: false), NetworkForm(states: true),
    NetworkForm(layers: 2), NetworkForm(bidirectional: true),
    NetworkForm(layers: 2, bidirectional: true, bias: false, states: true),
    NetworkForm(layers: 3, bidirectional: true, states: true),
  ]
}

@Suite struct `Exactly one convention reproduces a recorded output` {
  private func recording<Cell: RecurrentCell<Double>>(
    of _: Cell.Type, _ form: NetworkForm
  ) throws -> Recording {
    var random = RandomSource(seed: 1)
    return try Recording(
      Recurrent<Cell>(
        inputSize: 3, hiddenSize: 4, layers: form.layers, bidirectional: form.bidirectional,
        bias: form.bias, using: &random), withStates: form.states)
  }

  private func expect(
    _ recording: Recording, _ convention: String, axes: String = "time, batch, features",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(
      try recording.conventions() == ["\(convention); \(axes)"], sourceLocation: sourceLocation)
    let report = try recording.report()
    #expect(report.isMatch && report.skipped.isEmpty, sourceLocation: sourceLocation)
    let best = try #require(report.networks.first?.attempts.first, sourceLocation: sourceLocation)
    #expect(best.error < 1e-14, sourceLocation: sourceLocation)
    // No convention reproduces a perturbed output.
    let perturbed = try recording.perturbed()
    #expect(!perturbed.isMatch, sourceLocation: sourceLocation)
    #expect(perturbed.networks.first?.matches.isEmpty == true, sourceLocation: sourceLocation)
  }

  @Test(arguments: Nonlinearity.allCases, NetworkForm.all)
  func `of a vanilla network`(nonlinearity: Nonlinearity, form: NetworkForm) throws {
    var random = RandomSource(seed: 1)
    let network = Recurrent<VanillaCell<Double>>(
      inputSize: 3, hiddenSize: 4, nonlinearity: nonlinearity, layers: form.layers,
      bidirectional: form.bidirectional, bias: form.bias, using: &random)
    try expect(
      Recording(network, withStates: form.states), "nonlinearity \(nonlinearity.rawValue)")
  }

  @Test(arguments: NetworkForm.all) func `of a GRU`(form: NetworkForm) throws {
    var recording = try recording(of: GRUCell<Double>.self, form)
    try expect(recording, "reset after the product, gates r z n")
    try recording.reorderGates([1, 0, 2])
    try expect(recording, "reset after the product, gates z r n")
  }

  @Test(arguments: NetworkForm.all) func `of an original GRU`(form: NetworkForm) throws {
    var recording = try recording(of: OriginalGRUCell<Double>.self, form)
    try expect(recording, "reset before the product, gates r z n")
    try recording.reorderGates([1, 0, 2])
    try expect(recording, "reset before the product, gates z r n")
  }

  @Test(arguments: NetworkForm.all) func `of an LSTM`(form: NetworkForm) throws {
    let recording = try recording(of: LSTMCell<Double>.self, form)
    // From PyTorch's order i f g o.
    for (order, gates) in [
      ([0, 1, 2, 3], "i f g o"), ([0, 2, 1, 3], "i g f o"), ([0, 3, 1, 2], "i o f g"),
      ([0, 1, 3, 2], "i f o g"), ([1, 0, 2, 3], "f i g o"),
    ] {
      var reordered = recording
      try reordered.reorderGates(order)
      try expect(reordered, "gates \(gates)")
    }
    // An order that is not among the conventions.
    var unknown = recording
    try unknown.reorderGates([3, 2, 1, 0])
    #expect(try unknown.conventions() == [] && !unknown.report().isMatch)
  }

  @Test func `with the batch first`() throws {
    var recording = try recording(of: GRUCell<Double>.self, NetworkForm(states: true))
    try recording.rearrange { $0.permuted([1, 0, 2]) }
    #expect(
      try recording.conventions() == [
        "reset after the product, gates r z n; batch, time, features"
      ])
  }

  @Test func `without a batch, and of one step`() throws {
    var random = RandomSource(seed: 1)
    let network = LSTM<Double>(inputSize: 3, hiddenSize: 4, using: &random)
    var unbatched = try Recording(network, batch: 1)
    try unbatched.rearrange { $0.select(0, axis: 1) }
    #expect(try unbatched.conventions() == ["gates i f g o; time, features"])
    var step = try Recording(network, withStates: true, time: 1)
    try step.rearrange { $0.select(0) }
    #expect(try step.conventions() == ["gates i f g o; batch, features (one step)"])
  }

  @Test func `in single precision`() throws {
    var recording = try recording(of: GRUCell<Double>.self, NetworkForm(layers: 2))
    for (name, tensor) in recording.model.tensors {
      recording.model[name] = StoredTensor(Tensor<Float>(try tensor.values(as: Double.self)))
    }
    #expect(
      try recording.conventions() == [
        "reset after the product, gates r z n; time, batch, features"
      ])
    let network = try #require(try recording.report().networks.first)
    #expect(network.tolerance == 1000 * Double(Float.ulpOfOne))
    #expect(network.attempts[0].error > 1e-10)
  }

  @Test func `with one of two biases`() throws {
    var recording = try recording(of: GRUCell<Double>.self, NetworkForm())
    let bias = Tensor<Double>(samples(12, seed: 8))
    var random = RandomSource(seed: 2)
    var network = GRU<Double>(inputSize: 3, hiddenSize: 4, using: &random)
    try network.load(recording.model, prefix: "rnn")
    network.cells[0][0].weights.recurrentBias = .zeros([12])
    network.cells[0][0].weights.inputBias = bias
    recording.model["rnn.bias_hh_l0"] = nil
    recording.model["rnn.bias_ih_l0"] = StoredTensor(bias)
    let input: Tensor<Double> = try #require(recording.recording["input"]).values()
    recording.recording["output"] = StoredTensor(network(input))
    #expect(try recording.conventions().count == 1)
  }
}
