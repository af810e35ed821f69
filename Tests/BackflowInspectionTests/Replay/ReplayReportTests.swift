import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A comparison with a recording` {
  private static let files: [String] = {
    let folder = torchFixtures.appendingPathComponent("models")
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { name in
      name.hasSuffix(".pt") && ["lstm_", "gru_", "rnn_"].contains { name.hasPrefix($0) }
    }.sorted()
  }()

  @Test func `has the files of PyTorch's recurrent networks`() {
    #expect(Self.files.count == 24)
  }

  /// Each file has `state_dict`, `input` and `output` of one network, and the gradients of its
  /// parameters.
  @Test(arguments: files) func `finds PyTorch's convention`(file: String) throws {
    let path = torchFixtures.appendingPathComponent("models/" + file).path
    let checkpoint = try Checkpoint(contentsOf: path)
    let report = try ReplayReport(of: checkpoint, against: checkpoint)
    #expect(report.isMatch && report.networks.map(\.name) == ["state_dict"])
    let network = try #require(report.networks.first)
    let expected =
      file.hasPrefix("lstm")
      ? "gates i f g o"
      : file.hasPrefix("gru")
        ? "reset after the product, gates r z n"
        : file.hasPrefix("rnn_relu") ? "nonlinearity relu" : "nonlinearity tanh"
    let axes = file.contains("cell") ? "batch, features (one step)" : "time, batch, features"
    #expect(network.matches.map(\.convention) == [expected], "\(file)")
    #expect(network.matches.map(\.axes) == [axes])
  }

  private func network(
    _ name: String, isNamed: Bool = true, inputs: Int = 3
  ) throws -> Recording {
    var random = RandomSource(seed: 1)
    return try Recording(
      GRU<Double>(inputSize: inputs, hiddenSize: 4, layers: 2, using: &random), named: name,
      isNamed: isNamed)
  }

  @Test func `runs each of several networks under its name`() throws {
    let (encoder, decoder) = (try network("encoder"), try network("decoder.rnn", inputs: 2))
    var (model, recording) = (encoder.model, encoder.recording)
    model.tensors.merge(decoder.model.tensors) { first, _ in first }
    recording.tensors.merge(decoder.recording.tensors) { first, _ in first }
    let both = try ReplayReport(of: model, against: recording)
    #expect(both.isMatch && both.networks.map(\.name) == ["encoder", "decoder.rnn"])

    // A network without a recording is no failure.
    let one = try ReplayReport(of: model, against: decoder.recording)
    #expect(one.isMatch && one.networks.map(\.name) == ["decoder.rnn"])
    #expect(one.skipped.map(\.name) == ["encoder"] && one.skipped.map(\.isRecorded) == [false])
    #expect(
      one.skipped[0].reason
        == "the recording has no tensors encoder.input and encoder.output")
    #expect(one.description.contains("encoder: not run: the recording has no tensors"))

    // One wrong output is.
    recording["encoder.output"] = StoredTensor(Tensor<Double>.ones([5, 3, 4]))
    let wrong = try ReplayReport(of: model, against: recording)
    #expect(!wrong.isMatch && wrong.networks.map(\.matches.count) == [0, 1])
    #expect(
      wrong.description.hasPrefix(
        "encoder (GRU): no convention reproduces the recorded output"))
  }

  @Test func `needs something to compare`() throws {
    let empty = try ReplayReport(of: Checkpoint(), against: Checkpoint())
    #expect(!empty.isMatch && empty.description == "the checkpoint has no recurrent layer")
    let recording = try network("", isNamed: false)
    let without = try ReplayReport(of: recording.model, against: Checkpoint())
    #expect(!without.isMatch && without.networks.isEmpty)
    #expect(
      without.description
        == "the recurrent network: not run: the recording has no tensors input and output")
  }

  @Test func `is a failure with a recording of other shapes`() throws {
    let recording = try network("rnn", isNamed: false)
    func reason(
      _ changes: [String: StoredTensor], without removed: String = ""
    ) throws -> String {
      var changed = recording
      changed.recording[removed] = nil
      for (name, tensor) in changes { changed.recording[name] = tensor }
      let report = try changed.report()
      #expect(!report.isMatch && report.networks.isEmpty)
      #expect(report.skipped.map(\.isRecorded) == [true])
      return report.skipped[0].reason
    }
    func zeros(_ shape: Shape) -> StoredTensor { StoredTensor(Tensor<Double>.zeros(shape)) }
    #expect(try reason([:], without: "output") == "the recording has no tensor output")
    #expect(
      try reason(["input": zeros([5, 3, 2])])
        == "expected an input [T, B, 3] and an output [T, B, 4], found [5, 3, 2] and [5, 3, 4]")
    #expect(try reason(["output": zeros([5, 2, 4])]).hasSuffix("[5, 3, 3] and [5, 2, 4]"))
    #expect(try reason(["output": zeros([3, 5, 4])]).hasSuffix("[5, 3, 3] and [3, 5, 4]"))
    #expect(
      try reason(["input": zeros([0, 3, 3]), "output": zeros([0, 3, 4])]).hasPrefix("expected"))
    #expect(
      try reason(["h_0": zeros([1, 3, 4])])
        == "expected initial states [2, B, 4], found [[1, 3, 4]]")
  }

  @Test func `is a failure with layers that do not fit together`() throws {
    let recording = try network("rnn", isNamed: false)
    func reason(_ change: (inout Checkpoint) -> Void) throws -> String {
      var changed = recording
      change(&changed.model)
      let report = try changed.report()
      #expect(!report.isMatch)
      return try #require(report.skipped.first).reason
    }
    #expect(
      try reason { $0["rnn.weight_hh_l0"] = nil }
        == "the checkpoint lacks layers of it, or has some twice")
    #expect(
      try reason { $0["rnn.weight_ih_l1"] = StoredTensor(Tensor<Double>.ones([12, 5])) }
        == "rnn.weight_ih_l1 has the shape [12, 5]: expected [12, 4], to read the layer below")
    #expect(
      try reason { $0["rnn.weight_ih_l1"] = nil }
        == "there is no W_ih beside rnn.weight_hh_l1: expected a tensor [12, 4]")
  }

  @Test func `does not depend on the order of the file`() throws {
    var random = RandomSource(seed: 1)
    var recording = try Recording(
      RNN<Double>(inputSize: 2, hiddenSize: 3, layers: 11, bidirectional: true, using: &random))
    let sorted = recording.model.tensors.keys.sorted()
    #expect(
      sorted.firstIndex(of: "rnn.weight_hh_l10")! < sorted.firstIndex(of: "rnn.weight_hh_l2")!)
    let model = recording.model
    recording.model.tensors = [:]
    for name in sorted { recording.model[name] = model[name] }
    #expect(try recording.conventions() == ["nonlinearity tanh; time, batch, features"])
  }

  @Test func `with NaN is not a match`() throws {
    var recording = try network("rnn", isNamed: false)
    var output = try recording.output
    output[0, 0, 0] = .nan
    recording.recording["output"] = StoredTensor(output)
    let report = try recording.report()
    #expect(!report.isMatch && report.networks[0].attempts.allSatisfy { $0.error == .infinity })
  }

  @Test func `is encoded with its matches`() throws {
    let report = try network("rnn", isNamed: false).report()
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    #expect(object["match"] as? Bool == true && (object["skipped"] as? [Any])?.isEmpty == true)
    let network = try #require((object["networks"] as? [[String: Any]])?.first)
    #expect(Set(network.keys) == ["name", "kind", "tolerance", "matches", "attempts"])
    #expect((network["attempts"] as? [Any])?.count == 8)
    let match = try #require((network["matches"] as? [[String: Any]])?.first)
    #expect(match["convention"] as? String == "reset after the product, gates r z n")
    #expect(match["axes"] as? String == "time, batch, features" && match["error"] is Double)
  }
}
