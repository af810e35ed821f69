import Backflow
import Foundation
import TestSupport
import Testing

/// The path of a file that PyTorch wrote.
func torchFixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("BackflowCheckpointsTests/Fixtures/torch/" + name).path
}

@Suite struct `backflow check` {
  let backflow = Program(name: "backflow")

  /// Writes a checkpoint and runs the command on it.
  private func run(
    _ checkpoint: Checkpoint, against recording: Checkpoint? = nil, _ arguments: String...
  ) throws -> Program.Outcome {
    try withTemporaryFolder { folder in
      let (model, io) = (folder.path + "/model.safetensors", folder.path + "/io.npz")
      try checkpoint.write(to: model)
      try recording?.write(to: io)
      return try backflow.run(
        ["check", model] + (recording == nil ? [] : ["--against", io]) + arguments)
    }
  }

  @Test func `prints a table and the recurrent layers`() throws {
    let run = try backflow.run("check", torchFixture("models/lstm_2.pt"))
    #expect(run.status == 0 && run.errors == "")
    #expect(run.output.contains(": 20 tensors, "))
    #expect(run.output.contains("\n  tensor "))
    #expect(run.output.contains("state_dict.weight_hh_l1: LSTM, 4 inputs, 4 units, with biases"))
    #expect(!run.output.contains("grad.weight_hh_l0: LSTM"))
  }

  @Test func `is successful with findings`() throws {
    let sick = Checkpoint(["w": StoredTensor(Tensor<Float>([1, .nan, 3]))])
    let run = try run(sick)
    #expect(run.status == 0)
    #expect(
      run.output.contains("w: 1 of 3 elements are NaN and 0 are infinite; the first is at [1]"))
  }

  @Test func `prints only JSON on request`() throws {
    let sick = Checkpoint(
      [
        "weight_hh": StoredTensor(Tensor<Double>(rows: [[0, -0.5], [0.5, 0]])),
        "bias_hh": StoredTensor(Tensor<Double>([.nan, 1])),
      ], metadata: ["epoch": "7"])
    let run = try run(sick, "--format", "json")
    #expect(run.status == 0 && run.errors == "")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect((object["file"] as? String)?.hasSuffix("/model.safetensors") == true)
    #expect(object["metadata"] as? [String: String] == ["epoch": "7"])
    let layer = try #require((object["recurrent_layers"] as? [[String: Any]])?.first)
    let gate = try #require((layer["gates"] as? [[String: Any]])?.first)
    #expect(gate["mean_bias"] as? String == "nan")
    let radius = try #require(gate["spectral_radius"] as? Double)
    #expect(abs(radius - 0.5) < 1e-15)
    let kinds = (object["findings"] as? [[String: String]])?.map { $0["kind"] }
    #expect(kinds == ["non_finite"])
    // The order of the keys is that of the alphabet.
    let keys = ["file", "findings", "metadata", "omissions", "recurrent_layers", "tensors"]
    let places = keys.map { run.output.range(of: "\n  \"\($0)\" : ")?.lowerBound }
    #expect(
      places.allSatisfy { $0 != nil }
        && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
  }

  @Test(arguments: ["lstm_2_bidirectional", "gru_2_float32", "rnn_relu_2_without_bias", "gru_cell"])
  func `compares a file of PyTorch with its own recording`(name: String) throws {
    let path = torchFixture("models/\(name).pt")
    let run = try backflow.run("check", path, "--against", path)
    #expect(run.status == 0 && run.errors == "")
    #expect(run.output.hasPrefix("state_dict ("))
    #expect(run.output.contains("one convention reproduces the recorded output"))
  }

  @Test func `fails if a recorded output does not come out`() throws {
    var random = RandomSource(seed: 1)
    let network = GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random)
    let model = try Checkpoint(network)
    let input: Tensor<Double> = random.normal([4, 2, 2])
    var recording = Checkpoint(["input": StoredTensor(input)])
    recording["output"] = StoredTensor(network(input))
    #expect(try run(model, against: recording).status == 0)
    recording["output"] = StoredTensor(network(input) * 1.001)
    let wrong = try run(model, against: recording)
    #expect(wrong.status == 1 && wrong.errors == "")
    #expect(wrong.output.contains("no convention reproduces the recorded output"))
    let json = try run(model, against: recording, "--format", "json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(json.status == 1 && object["match"] as? Bool == false)

    let nothing = try run(model, against: Checkpoint(["x": StoredTensor(input)]))
    #expect(nothing.status == 1)
    #expect(nothing.output.contains("the recording has no tensors input and output"))
    let none = try run(Checkpoint(["w": StoredTensor(input)]), against: recording)
    #expect(none.status == 1 && none.output == "the checkpoint has no recurrent layer\n")
  }

  @Test func `reports why a file cannot be read`() throws {
    try withTemporaryFolder { folder in
      let path = folder.path + "/picture.pt"
      try Data("GIF89a, rather".utf8).write(to: URL(fileURLWithPath: path))
      for arguments in [
        [path], ["/nowhere/w.pt"], [torchFixture("models/gru_2.pt"), "--against", path],
      ] {
        let run = try backflow.run(["check"] + arguments)
        #expect(run.status == 1 && run.output == "")
        #expect(run.errors.hasPrefix("backflow: "))
        #expect(run.errors.contains(arguments.last ?? ""))
      }
    }
  }

  @Test(arguments: [[], ["w.pt", "--format", "xml"], ["w.pt", "--unknown"]])
  func `reports a wrong option with the usage and code 64`(arguments: [String]) throws {
    let run = try backflow.run(["check"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains("Usage: backflow check"))
  }
}
