import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The stability of a checkpoint` {
  private func report(
    _ checkpoint: Checkpoint, along input: SequenceInput? = nil,
    _ change: (inout CheckpointStability.Options) -> Void = { _ in }
  ) throws -> CheckpointStability {
    var options = CheckpointStability.Options()
    (options.stability.steps, options.stability.samples) = (30, 2)
    change(&options)
    var random = RandomSource(seed: 1)
    return try CheckpointStability(of: checkpoint, along: input, options: options, using: &random)
  }

  private func error(
    _ checkpoint: Checkpoint, along input: SequenceInput? = nil, layer: String? = nil
  ) -> RecurrentNetworkError? {
    #expect(throws: RecurrentNetworkError.self) {
      try report(checkpoint, along: input) { $0.layer = layer }
    }
  }

  @Test func `finds cells of any name, each by itself, and every kind`() throws {
    var random = RandomSource(seed: 2)
    func stored(_ shape: Shape) -> StoredTensor {
      StoredTensor((random.normal(shape) as Tensor<Double>) * 0.2)
    }
    let checkpoint = Checkpoint([
      "net.cell.weight_ih": stored([12, 2]), "net.cell.weight_hh": stored([12, 3]),
      "enc_w_ih": stored([6, 4]), "enc_w_hh": stored([6, 2]), "enc_b_hh": stored([6]),
      "Wxh": stored([3, 5]), "Whh": stored([3, 3]),
    ])
    let found = try report(checkpoint)
    #expect(found.layers.map(\.name) == ["net.cell.weight_hh", "enc_w_hh", "Whh"])
    #expect(found.layers.map(\.kind) == [.lstm, .gru, .rnn])
    #expect(found.assumptions.contains { $0.contains("b_ih beside enc_b_hh") })
    #expect(found.assumptions.contains { $0.contains("tanh") })
    #expect(
      try report(checkpoint) { $0.nonlinearity = .relu }.assumptions.allSatisfy {
        !$0.contains("tanh")
      })
  }

  @Test func `agrees with the report of the same network`() throws {
    var random = RandomSource(seed: 5)
    let gru = GRU<Double>(inputSize: 2, hiddenSize: 3, bidirectional: true, using: &random)
    let values: Tensor<Double> = random.normal([30, 2, 2])
    var options = Stability.Options()
    options.names = ["x.weight_hh_l0", "x.weight_hh_l0_reverse"]
    options.samples = 2
    random = RandomSource(seed: 1)
    let expected = try Stability.report(of: gru, along: values, options: options, using: &random)
    let checkpoint = try Checkpoint(gru, prefix: "x")
    let input = try SequenceInput(values, name: "x")
    #expect(try report(checkpoint, along: input).report == expected)
    // Only one direction, which runs as in the whole network.
    let one = try report(checkpoint, along: input) { $0.layer = "x.weight_hh_l0_reverse" }
    #expect(one.layers.map(\.name) == ["x.weight_hh_l0_reverse"])
    #expect(one.layers[0].gates == expected.layers[1].gates)
    #expect(one.layers[0].lastJacobian == expected.layers[1].lastJacobian)
  }

  @Test func `runs on its own predictions through a read-out of the file`() throws {
    var random = RandomSource(seed: 5)
    var checkpoint = try Checkpoint(
      LSTM<Float>(inputSize: 2, hiddenSize: 3, using: &random), prefix: "rnn")
    let weight: Tensor<Float> = random.normal([2, 3])
    checkpoint["head.weight"] = StoredTensor(weight)
    checkpoint["head.bias"] = StoredTensor(Tensor<Float>([0.5, -0.5]))
    let layer = try report(checkpoint) { $0.readout = "head.weight" }.layers[0]
    #expect(try #require(layer.closedLoop).agreesWithBackwardPass)
    for (name, tensor) in [
      ("head.weight", StoredTensor(Tensor<Float>.zeros([3, 2]))),
      ("head.bias", StoredTensor(Tensor<Float>.zeros([3]))),
    ] {
      var wrong = checkpoint
      wrong[name] = tensor
      let error = #expect(throws: RecurrentNetworkError.self) {
        try report(wrong) { $0.readout = "head.weight" }
      }
      #expect(error?.description.hasPrefix(name) == true)
    }
    #expect(throws: RecurrentNetworkError.self) { try report(checkpoint) { $0.readout = "head" } }
    let deep = try Checkpoint(
      LSTM<Float>(inputSize: 2, hiddenSize: 3, layers: 2, using: &random))
    #expect(throws: RecurrentNetworkError.self) { try report(deep) { $0.readout = "head" } }
  }

  @Test func `reads no further than the lengths of a file`() throws {
    var random = RandomSource(seed: 5)
    var values: Tensor<Double> = random.normal([40, 2, 2])
    for step in 20..<40 { for feature in 0..<2 { values[step, 1, feature] = .nan } }
    func input(_ lengths: Tensor<Double>) throws -> SequenceInput {
      try SequenceInput(
        "x", in: Checkpoint(["x": StoredTensor(values)]),
        lengths: ("n", Checkpoint(["n": StoredTensor(lengths)])))
    }
    let gru = try Checkpoint(GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random))
    let layer = try report(gru, along: input(Tensor([40, 20]))).layers[0]
    // 30 steps at most, of which a tenth is left out, and then a tenth for the basis.
    #expect(layer.trajectory?.steps == 30 - 3 - 2 + 20 - 2 - 1)
    #expect(throws: RecurrentNetworkError.self) { try input(Tensor([40, 21])) }
    #expect(throws: RecurrentNetworkError.self) { try input(Tensor([40, 30, 1])) }
    for wrong in [41, -1, 2.5, .nan] {
      #expect(throws: RecurrentNetworkError.self) { try input(Tensor([40, wrong])) }
    }
  }

  @Test func `chooses the equations by the options`() throws {
    var random = RandomSource(seed: 5)
    let rnn = try Checkpoint(RNN<Double>(inputSize: 1, hiddenSize: 3, using: &random))
    #expect(try report(rnn) { $0.leak = 0.25 }.layers[0].kind == .leaky)
    let gru = try Checkpoint(GRU<Double>(inputSize: 1, hiddenSize: 3, using: &random))
    #expect(try report(gru) { $0.reset = .beforeProduct }.layers[0].kind == .originalGRU)
    #expect(throws: RecurrentNetworkError.self) { try report(gru) { $0.nonlinearity = .relu } }
    #expect(throws: RecurrentNetworkError.self) { try report(rnn) { $0.leak = 0 } }
  }

  @Test func `says what is expected of the checkpoint`() throws {
    let square = StoredTensor(Tensor<Double>.identity(2))
    let odd = StoredTensor(Tensor<Double>.zeros([7, 3]))
    #expect(
      error(Checkpoint(["a": square, "b": square]))?.description.contains("among 2 tensors")
        ?? false)
    #expect(
      error(Checkpoint(["a": odd]))
        == .mismatch(tensor: "a", shape: [7, 3], expected: "a square matrix, [H, H]"))
    let misfit = error(Checkpoint(["a": square, "r.weight_hh_l0": odd]))
    #expect(
      misfit?.description.contains(
        "r.weight_hh_l0 has the shape [7, 3]: expected [H, H], [3·H, H] or [4·H, H]") ?? false)
    #expect(error(Checkpoint()) == .noRecurrentLayer(count: 0, misfits: []))
    #expect(error(Checkpoint(["w_hh": square]), layer: "v") == .noSuchLayer("v", layers: ["w_hh"]))
    let lone = Checkpoint(["weight_hh": StoredTensor(Tensor<Double>.zeros([8, 2]))])
    #expect(error(lone) == .missingInputWeight(beside: "weight_hh", expected: "[8, I]"))
  }

  @Test func `needs an input that fits`() throws {
    var random = RandomSource(seed: 5)
    let rnn = try Checkpoint(RNN<Double>(inputSize: 3, hiddenSize: 2, using: &random))
    let input = try SequenceInput(.zeros([4, 2]), name: "features")
    #expect(
      error(rnn, along: input)
        == .inputFeatures(input: "features", 2, weight: "weight_ih_l0", expected: 3))
    let matrix = Checkpoint(["w_hh": StoredTensor(Tensor<Double>.identity(2))])
    #expect(error(matrix, along: input)?.description.contains("no W_ih beside w_hh") ?? false)
    #expect(throws: RecurrentNetworkError.self) { try SequenceInput(.zeros([3]), name: "x") }
    #expect(throws: RecurrentNetworkError.self) { try SequenceInput(.zeros([0, 3]), name: "x") }
  }

  @Test func `is the same after encoding and decoding`() throws {
    var random = RandomSource(seed: 5)
    var checkpoint = try Checkpoint(
      RNN<Double>(inputSize: 3, hiddenSize: 2, using: &random), prefix: "r")
    checkpoint["s.A_log"] = StoredTensor(Tensor<Double>([0, 1]))
    checkpoint["s.dt_bias"] = StoredTensor(Tensor<Double>([0, 1]))
    let original = try report(checkpoint)
    #expect(original.stateSpaceLayers.map(\.name) == ["s"])
    let data = try JSONEncoder().encode(original)
    let decoded = try JSONDecoder().decode(CheckpointStability.self, from: data)
    #expect(try JSONEncoder().encode(decoded).count == data.count)
    #expect(decoded.layers[0].trajectory == original.layers[0].trajectory)
    #expect(decoded.description == original.description)
  }
}
