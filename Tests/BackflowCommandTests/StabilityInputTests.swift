import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `backflow stability with an input` {
  let backflow = Program(name: "backflow")

  /// Writes an LSTM with three inputs, and runs the command on it along inputs beside it.
  private func withModel(
    _ body: (_ folder: String, _ run: (String...) throws -> Program.Outcome) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      var random = RandomSource(seed: 4)
      let path = folder.path + "/model.safetensors"
      let lstm = LSTM<Double>(inputSize: 3, hiddenSize: 4, layers: 2, using: &random)
      try Checkpoint(lstm, prefix: "lstm").write(to: path)
      try body(folder.path) { (arguments: String...) in
        try backflow.run(["stability", path] + arguments)
      }
    }
  }

  @Test func `runs along it as the library does`() throws {
    try withModel { folder, run in
      var random = RandomSource(seed: 4)
      let lstm = LSTM<Double>(inputSize: 3, hiddenSize: 4, layers: 2, using: &random)
      let input: Tensor<Double> = random.normal([50, 1, 3])
      try NPY.write(input, to: folder + "/batch.npy")
      try NPY.write(input.reshaped(to: [50, 3]), to: folder + "/one.npy")
      try Checkpoint([
        "x": StoredTensor(input), "y:z": StoredTensor(input), "b": StoredTensor(input.select(0)),
      ])
      .write(to: folder + "/all.safetensors")
      random = RandomSource(seed: 1)
      let expected = try Stability.report(of: lstm, along: input, using: &random)
      for name in ["batch.npy", "one.npy", "all.safetensors:x", "all.safetensors:y:z"] {
        let outcome = try run("--input", folder + "/" + name, "--format", "json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let layers = try JSONValue(text: outcome.output)["layers"]?.items ?? []
        #expect(layers.map { $0["setting"]?.text } == expected.layers.map(\.setting))
        for (layer, report) in zip(layers, expected.layers) {
          let exponents = layer["trajectory"]?["exponents"]?.items.compactMap(\.number)
          #expect(exponents == report.trajectory?.exponents)
        }
      }
      let short = try run("--input", folder + "/one.npy", "--steps", "20")
      #expect(short.output.contains("along 20 steps of 1 sample"))
    }
  }

  @Test func `says what is wrong with the input`() throws {
    try withModel { folder, run in
      var sick = Tensor<Double>.zeros([4, 3])
      sick[2, 1] = .nan
      try NPY.write(sick, to: folder + "/nan.npy")
      try NPY.write(Tensor<Double>.zeros([4, 5]), to: folder + "/wide.npy")
      try NPY.write(Tensor<Double>.zeros([4]), to: folder + "/vector.npy")
      try NPY.write(Tensor<Double>.zeros([0, 3]), to: folder + "/empty.npy")
      try Checkpoint(["x": StoredTensor(sick), "y": StoredTensor(sick)])
        .write(to: folder + "/two.npz")
      for (input, words) in [
        ("nan.npy", "element [2, 1] of \(folder)/nan.npy is nan: expected finite numbers"),
        (
          "wide.npy",
          "wide.npy has 5 features in its last axis: expected 3, the number of columns of"
            + " lstm.weight_ih_l0"
        ),
        ("vector.npy", "vector.npy has the shape [4]: expected [time, features] or [time, batch,"),
        ("empty.npy", "empty.npy has the shape [0, 3]: expected [time, features]"),
        ("two.npz", "two.npz: expected the name of a tensor after a colon: the tensors are x, y"),
        ("two.npz:z", "two.npz has no tensor z: the tensors are x, y"),
        ("two.npz:y", "two.npz:y is nan"), ("none.npy", "none.npy"),
      ] {
        let outcome = try run("--input", folder + "/" + input)
        #expect(outcome.status == 65 && outcome.output == "")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
      }
    }
  }
}
