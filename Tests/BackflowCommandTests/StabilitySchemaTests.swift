import Backflow
import Foundation
import TestSupport
import Testing

/// The output of `backflow stability --format json` against docs/stability.schema.json.
@Suite struct `The JSON of backflow stability` {
  let backflow = Program(name: "backflow")
  let schema: JSONSchema

  init() throws {
    let repository = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    schema = try JSONSchema(
      String(
        contentsOf: repository.appendingPathComponent("docs/stability.schema.json"), encoding: .utf8
      ))
  }

  private func expectValid(_ checkpoint: Checkpoint, _ arguments: String...) throws -> JSONValue {
    let value = try output(checkpoint, arguments)
    #expect(schema.violations(value) == [])
    return value
  }

  private func output(_ checkpoint: Checkpoint, _ arguments: [String]) throws -> JSONValue {
    let directory = try TemporaryDirectory()
    let path = directory.file("model.safetensors")
    try checkpoint.write(to: path)
    let run = try backflow.run(
      ["stability", path, "--format", "json", "--steps", "40", "--samples", "2"] + arguments)
    #expect(run.status == 0, "\(run.errors)")
    return try JSONValue(text: run.output)
  }

  @Test func `is valid for an RNN, a leaky RNN and a bare matrix`() throws {
    var random = RandomSource(seed: 1)
    let rnn = try Checkpoint(RNN<Float>(inputSize: 2, hiddenSize: 3, using: &random))
    let plain = try expectValid(rnn)
    #expect(plain["layers"]?[0]?["kind"]?.text == "rnn")
    let leaky = try expectValid(rnn, "--leak", "0.5", "--nonlinearity", "sigmoid")
    #expect(leaky["layers"]?[0]?["kind"]?.text == "leaky")
    let matrix = Checkpoint(["W": StoredTensor(Tensor<Double>(rows: [[0.5, 8], [0, -0.25]]))])
    let bare = try expectValid(matrix)
    #expect(
      bare["layers"]?[0]?["weights"]?["eigenvalues"]?[0] == .array([.number(0.5), .number(0)]))
  }

  @Test func `is valid for an LSTM and both GRUs, in both directions`() throws {
    var random = RandomSource(seed: 2)
    var checkpoint = try Checkpoint(
      LSTM<Float>(inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, using: &random),
      prefix: "encoder")
    try checkpoint.insert(
      GRU<Float>(inputSize: 2, hiddenSize: 4, using: &random), prefix: "decoder")
    for reset in ["before", "after"] {
      let layers =
        try expectValid(checkpoint, "--gru-reset", reset, "--round", "int8")["layers"]?.items ?? []
      // Safetensors files are in the order of the names.
      #expect(
        layers.map { $0["name"]?.text } == [
          "decoder.weight_hh_l0",
          "encoder.weight_hh_l0", "encoder.weight_hh_l0_reverse", "encoder.weight_hh_l1",
          "encoder.weight_hh_l1_reverse",
        ])
      #expect(layers[1]["gates"]?.items.map { $0["name"]?.text } == ["i", "f", "g", "o"])
      #expect(layers[0]["kind"]?.text == (reset == "before" ? "original_gru" : "gru"))
    }
  }

  @Test func `is valid for exponents of −∞ and for states that grow without bound`() throws {
    let zero = try expectValid(Checkpoint(["w_hh": StoredTensor(Tensor<Double>.zeros([2, 2]))]))
    #expect(
      zero["layers"]?[0]?["trajectory"]?["exponents"] == .array([.string("-inf"), .string("-inf")]))
    let growing = Checkpoint(["w_hh": StoredTensor(Tensor<Double>(rows: [[1e9, 0], [0, 0.5]]))])
    let value = try expectValid(growing, "--nonlinearity", "relu")
    let verdict = try #require(value["layers"]?[0]?["verdict"])
    #expect(verdict["label"]?.text == "may explode")
    #expect(
      verdict["reasons"]?.items.contains { $0.text?.contains("exceeds 1e+100") ?? false } ?? false)
  }

  @Test func `is valid with a read-out, levels and a duration of a step`() throws {
    var random = RandomSource(seed: 3)
    var checkpoint = try Checkpoint(GRU<Float>(inputSize: 2, hiddenSize: 3, using: &random))
    checkpoint["head.weight"] = StoredTensor(Tensor<Float>.ones([2, 3]) * 0.1)
    let layer = try expectValid(
      checkpoint, "--readout", "head.weight", "--epsilon", "0.1", "--epsilon", "0.01",
      "--step-duration", "10")["layers"]?[0]
    #expect(layer?["closed_loop"]?["exponents"]?.items.count == 3)
    #expect(layer?["gates"]?[0]?["pseudospectra"]?.items.count == 2)
    let mode = layer?["fixed_points"]?[0]?["modes"]?[0]
    #expect(mode?["time_scale_milliseconds"] != nil && mode?["readout_overlap"] != nil)
  }

  @Test func `is valid for state-space layers alone`() throws {
    let mamba = Checkpoint([
      "mixer.A_log": StoredTensor(Tensor<Float>([0, 1, 2, 3], shape: [2, 2])),
      "mixer.dt_proj.bias": StoredTensor(Tensor<Float>([0, -3])),
      "mixer.D": StoredTensor(Tensor<Float>([1, 1])),
    ])
    let value = try expectValid(mamba)
    #expect(value["layers"] == .array([]))
    #expect(value["state_space_layers"]?[0]?["kind"]?.text == "mamba")
  }

  @Test func `is held to the schema by a validator that finds violations`() throws {
    let value = try output(Checkpoint(["w_hh": StoredTensor(Tensor<Double>.identity(2) * 0.5)]), [])
    #expect(schema.violations(value) == [])
    guard case .object(var top) = value, case .object(var layer)? = value["layers"]?[0] else {
      Issue.record("no layer")
      return
    }
    func violations(_ layer: [String: JSONValue]) -> [String] {
      top["layers"] = .array([.object(layer)])
      return schema.violations(.object(top))
    }
    let original = layer
    layer["hidden_size"] = nil
    #expect(violations(layer) == ["$.layers[0]: hidden_size is missing"])
    layer["hidden_size"] = .number(1.5)
    #expect(violations(layer).count == 1)
    layer = original
    layer["extra"] = .null
    #expect(violations(layer) == ["$.layers[0]: extra is not a property"])
    layer = original
    layer["verdict"] = .object(["label": .string("fine"), "reasons": .array([])])
    #expect(violations(layer).count == 2)
    layer = original
    layer["index_sum"] = .string("inf")
    #expect(violations(layer).count == 1)
    layer = original
    guard case .object(var point)? = layer["fixed_points"]?[0] else {
      Issue.record("no fixed point")
      return
    }
    point["class"] = .number(1)
    layer["fixed_points"] = .array([.object(point)])
    #expect(violations(layer).count == 1)
  }
}
