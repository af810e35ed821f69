import Backflow
import Foundation
import TestSupport
import Testing

/// Models of PyTorch with their inputs, outputs and gradients, by
/// scripts/fixtures/pytorch_checkpoints.py.
@Suite struct `A model of PyTorch` {
  static let folder = fixtureFolder + "/torch/models"

  static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".pt") }.sorted()

  @Test func `has a fixture of every kind`() {
    let kinds = [
      "rnn_tanh", "rnn_relu", "lstm_2", "gru_2", "lstm_cell", "gru_cell", "linear", "conv2d",
      "batch_norm2d", "layer_norm", "embedding", "multihead_attention",
    ]
    for kind in kinds {
      #expect(Self.names.contains { $0.hasPrefix(kind) && $0.contains("float32") }, "\(kind)")
      #expect(Self.names.contains { $0.hasPrefix(kind) && !$0.contains("float32") }, "\(kind)")
    }
    #expect(Self.names.count { $0.contains("without_bias") } >= 10)
  }

  /// Outputs and gradients to 1e-12 of the scale in double precision, and to 1e-6 in single.
  @Test(arguments: names)
  func `gives its outputs and gradients, and is saved as it was`(name: String) throws {
    let recording = try Checkpoint(contentsOf: Self.folder + "/" + name)
    var options: [String: String] = [:]
    for (key, value) in recording.metadata where key.hasPrefix("configuration.") {
      options[String(key.dropFirst("configuration.".count))] = value
    }
    let model = TorchModel(kind: try #require(options["kind"]), options: options)
    let isSingle = name.contains("float32")
    let results =
      isSingle
      ? try model.results(of: recording, as: Float.self)
      : try model.results(of: recording, as: Double.self)

    let givenNames = ["input", "hidden", "cell", "output_gradient", "cell_output_gradient"]
    let given = Set(givenNames + givenNames.map { "training_" + $0 })
    let expected = recording.tensors.filter { !given.contains($0.key) }
    #expect(Set(results.tensors.keys) == Set(expected.keys))
    let scales = try expected.mapValues { try $0.elements().map(abs).max() ?? 0 }
    let gradientScale = scales.filter { $0.key.contains("grad") }.values.max() ?? 0
    for (key, tensor) in expected {
      let result = try #require(results[key], "\(key)")
      #expect(result.shape == tensor.shape && result.type == tensor.type, "\(key)")
      let (found, wanted) = (try result.elements(), try tensor.elements())
      if key.hasPrefix("state_dict.") {
        #expect(found.map(\.bitPattern) == wanted.map(\.bitPattern), "\(key)")
        continue
      }
      let scale = key.contains("grad") ? gradientScale : max(scales[key] ?? 0, 1)
      let difference = zip(found, wanted).map { abs($0 - $1) }.max() ?? 0
      #expect(difference <= (isSingle ? 1e-6 : 1e-12) * scale, "\(key): \(difference)")
    }
  }

  @Test func `without biases does not grow one`() throws {
    var random = RandomSource(seed: 1)
    var lstm = LSTM<Double>(
      inputSize: 3, hiddenSize: 4, layers: 2, bidirectional: true, bias: false, using: &random)
    let file = Self.folder + "/lstm_2_bidirectional_without_bias.pt"
    try lstm.load(Checkpoint(contentsOf: file), prefix: "state_dict")
    #expect(!lstm.namedParameters.contains { $0.name.contains("bias") })
    // A network with biases is another model.
    var withBiases = LSTM<Double>(
      inputSize: 3, hiddenSize: 4, layers: 2, bidirectional: true, using: &random)
    let error = #expect(throws: CheckpointError.self) {
      try withBiases.load(Checkpoint(contentsOf: file), prefix: "state_dict")
    }
    #expect(error?.mismatch?.missing.count == 8)
  }
}
