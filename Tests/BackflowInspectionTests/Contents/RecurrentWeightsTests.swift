import Backflow
import TestSupport
import Testing

@Suite struct `Recurrent layers are found` {
  /// A checkpoint with tensors of these shapes.
  private func checkpoint(_ shapes: [(String, [Int])]) -> Checkpoint {
    var checkpoint = Checkpoint()
    for (name, shape) in shapes { checkpoint[name] = StoredTensor(Tensor<Float>.ones(shape)) }
    return checkpoint
  }

  private func layers(_ shapes: [(String, [Int])]) -> [RecurrentWeights] {
    RecurrentWeights.all(in: checkpoint(shapes))
  }

  /// The weight itself is not in such a file.
  @Test(arguments: [
    "weight_hh_l0_g", "weight_hh_l0_v", "weight_hh_l0_orig",
    "parametrizations.weight_hh_l0.original1",
  ])
  func `but not in the parts of a computed weight`(name: String) {
    #expect(layers([("rnn." + name, [12, 4])]).isEmpty)
    #expect(layers([("rnn.weight_hh_l0", [12, 4])]).count == 1)
  }

  @Test(arguments: [
    (RecurrentWeights.Kind.rnn, 1), (.gru, 3), (.lstm, 4),
  ])
  func `by PyTorch's names of layers and directions`(
    kind: RecurrentWeights.Kind, gates: Int
  ) throws {
    var shapes: [(String, [Int])] = []
    for (suffix, inputs) in [("_l0", 3), ("_l0_reverse", 3), ("_l1", 10), ("_l1_reverse", 10)] {
      shapes += [
        ("encoder.rnn.weight_ih" + suffix, [5 * gates, inputs]),
        ("encoder.rnn.weight_hh" + suffix, [5 * gates, 5]),
        ("encoder.rnn.bias_ih" + suffix, [5 * gates]),
        ("encoder.rnn.bias_hh" + suffix, [5 * gates]),
      ]
    }
    let layers = layers(shapes)
    #expect(layers.map(\.suffix) == ["_l0", "_l0_reverse", "_l1", "_l1_reverse"])
    for layer in layers {
      #expect(layer.kind == kind && layer.hiddenSize == 5 && layer.network == "encoder.rnn")
      #expect(layer.kind.gates.count == gates)
      #expect(layer.input?.name == "encoder.rnn.weight_ih" + layer.suffix)
      #expect(layer.inputBias?.name == "encoder.rnn.bias_ih" + layer.suffix)
      #expect(layer.recurrentBias?.name == "encoder.rnn.bias_hh" + layer.suffix)
    }
  }

  @Test(arguments: [
    ("weight_hh", "weight_ih", "bias_ih", "bias_hh", ""),
    ("enc_w_hh", "enc_w_ih", "enc_b_ih", "enc_b_hh", "enc"),
    ("W_hh", "W_ih", "b_ih", "b_hh", ""),
    ("cell.W_hh", "cell.W_ih", "cell.B_ih", "cell.B_hh", "cell"),
    ("dec.Whh", "dec.Wxh", "dec.bih", "dec.bh", "dec"), ("whh", "wih", "bih", "bhh", ""),
    ("Weight_HH", "Weight_IH", "Bias_IH", "Bias_HH", ""),
  ])
  func `by other names`(
    recurrent: String, input: String, inputBias: String, recurrentBias: String, network: String
  ) throws {
    let layer = try #require(
      layers([(recurrent, [8, 2]), (input, [8, 3]), (inputBias, [8]), (recurrentBias, [8])]).first)
    #expect(layer.kind == .lstm && layer.recurrent.name == recurrent && layer.suffix == "")
    #expect(layer.input?.name == input)
    #expect(layer.inputBias?.name == inputBias && layer.recurrentBias?.name == recurrentBias)
    #expect(layer.network == network)
  }

  @Test func `without biases and without an input weight`() throws {
    let layer = try #require(layers([("rnn.weight_hh_l0", [4, 4])]).first)
    #expect(layer.kind == .rnn && layer.input == nil)
    #expect(layer.inputBias == nil && layer.recurrentBias == nil)
    // Tensors of other shapes do not belong to it.
    let other = try #require(
      layers([("weight_hh", [4, 4]), ("weight_ih", [5, 3]), ("bias_ih", [3]), ("bias_hh", [4])])
        .first)
    #expect(other.input == nil && other.inputBias == nil && other.recurrentBias != nil)
  }

  @Test(arguments: [
    ("weight_hh_l0", [8, 4]), ("weight_hh_l0", [20, 4]), ("weight_hh_l0", [16]),
    ("weight_hh_l0", [4, 4, 1]), ("weight_hh_l0", [0, 0]), ("weight_ih_l0", [4, 4]),
    ("weightchh", [4, 4]), ("shh.weight", [4, 4]), ("whhx", [4, 4]), ("h", [4, 4]), ("", [4, 4]),
  ])
  func `not under other names and with other shapes`(name: String, shape: [Int]) {
    #expect(layers([(name, shape)]).isEmpty)
  }

  @Test func `not in tensors of integers`() {
    let tensor = StoredTensor([1, 2, 3, 4] as [Int64], shape: [2, 2])
    #expect(RecurrentWeights.all(in: Checkpoint(["weight_hh": tensor])).isEmpty)
  }

  @Test func `not in an LSTM with a projection`() throws {
    // Its W_hh, [4·3, 4], would be that of a GRU of 4 units.
    #expect(
      layers([("weight_hh_l0", [12, 4]), ("weight_ih_l0", [12, 2]), ("weight_hr_l0", [4, 3])])
        .isEmpty)
    let file = torchFixtures.appendingPathComponent("modules/projected_lstm.pt").path
    #expect(try RecurrentWeights.all(in: Checkpoint(contentsOf: file)).isEmpty)
  }

  @Test(arguments: [
    "grad.weight_hh_l0", "grad.rnn.weight_hh_l0", "optimizer.exp_avg.rnn.weight_hh_l0",
    "optimizer.exp_avg_sq.rnn.weight_hh_l0", "run.momentum_buffer.model.rnn.weight_hh_l0",
  ])
  func `not in a gradient or a moment beside its parameter`(name: String) {
    let parameter = ("model.rnn.weight_hh_l0", [4, 4])
    #expect(
      layers([(name, [4, 4]), parameter]).map(\.recurrent.name) == ["model.rnn.weight_hh_l0"])
    // Without the parameter, or beside one of another shape, it may be a weight.
    #expect(layers([(name, [4, 4])]).count == 1)
    #expect(layers([(name, [8, 2]), parameter]).count == 2)
  }

  @Test func `not in the state of an optimizer`() throws {
    var random = RandomSource(seed: 3)
    let model = GRU<Float>(inputSize: 2, hiddenSize: 3, using: &random)
    var checkpoint = try Checkpoint(model, prefix: "model")
    try checkpoint.insert(Adam(for: model, learningRate: 0.1), prefix: "optimizer")
    #expect(checkpoint["optimizer.exp_avg_sq.weight_hh_l0"] != nil)
    #expect(
      RecurrentWeights.all(in: checkpoint).map(\.recurrent.name) == ["model.weight_hh_l0"])
  }

  @Test func `in double and in half precision`() throws {
    let double = StoredTensor(Tensor<Double>.ones([4, 4]))
    #expect(RecurrentWeights.all(in: Checkpoint(["weight_hh": double])).count == 1)
    let half = try safetensors("F16", [("weight_hh", [2, 2], [UInt8](repeating: 0, count: 8))])
    #expect(RecurrentWeights.all(in: half).count == 1)
  }
}
