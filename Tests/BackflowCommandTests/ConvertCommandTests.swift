import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `backflow convert` {
  let backflow = Program(name: "backflow")

  @Test func `copies a state_dict through all formats`() throws {
    try withTemporaryFolder { folder in
      var input = torchFixture("containers/state_dict.pt")
      for name in ["first.safetensors", "array.npz", "directory", "last.safetensors"] {
        let output = folder.path + "/" + name
        let run = try backflow.run("convert", input, output)
        #expect(run.status == 0 && run.errors == "")
        #expect(run.output == "\(output): 8 tensors written\n")
        input = output
      }
      let (first, last) = (
        try Data(contentsOf: folder.appendingPathComponent("first.safetensors")),
        try Data(contentsOf: folder.appendingPathComponent("last.safetensors"))
      )
      #expect(first == last && first.count > 200)
    }
  }

  @Test func `writes the tensors under a prefix`() throws {
    try withTemporaryFolder { folder in
      let (input, output) = (torchFixture("models/gru_2.pt"), folder.path + "/gru.safetensors")
      let run = try backflow.run("convert", input, output, "--prefix", "state_dict")
      #expect(run.status == 0 && run.errors == "")
      let written = try Checkpoint(contentsOf: output)
      #expect(written.tensors.count == 8 && written["weight_hh_l1"]?.shape == [12, 4])
      #expect(written.metadata.isEmpty, "configuration.kind is not under the prefix")
      var random = RandomSource(seed: 1)
      var network = GRU<Double>(inputSize: 3, hiddenSize: 4, layers: 2, using: &random)
      try network.load(written)

      let none = try backflow.run("convert", input, folder.path + "/none.npz", "--prefix", "dict")
      #expect(none.status == 1 && none.output == "")
      #expect(none.errors == "backflow: \(input): no tensor has the prefix dict\n")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/none.npz"))
    }
  }

  @Test func `reports what it does not write`() throws {
    try withTemporaryFolder { folder in
      let input = folder.path + "/in.safetensors"
      var checkpoint = Checkpoint(["w": StoredTensor(Tensor<Float>([1, 2]))])
      for index in 0..<12 { checkpoint.metadata["key\(index)"] = "value" }
      try checkpoint.write(to: input)
      let arrays = folder.path + "/out.npz"
      let run = try backflow.run("convert", input, arrays)
      #expect(run.status == 0 && run.output == "\(arrays): 1 tensor written\n")
      let lines = run.errors.split(separator: "\n")
      #expect(lines.count == 11)
      #expect(
        lines[0] == "backflow: \(input): not written: key0: metadata, which only safetensors has")
      #expect(lines[10] == "backflow: \(input): not written: 2 more entries")
      #expect(try Checkpoint(contentsOf: arrays)["w"]?.values() == Tensor<Float>([1, 2]))

      let sparse = try backflow.run(
        "convert", torchFixture("tensors/sparse.pt"), folder.path + "/dense.safetensors")
      #expect(sparse.status == 0 && sparse.errors.contains("sparse.pt: not written: "))
    }
  }

  @Test func `keeps the old file if a type does not exist in the format`() throws {
    try withTemporaryFolder { folder in
      let output = folder.path + "/out.safetensors"
      try Checkpoint(["w": StoredTensor(Tensor<Float>([1]))]).write(to: output)
      let old = try Data(contentsOf: URL(fileURLWithPath: output))
      let run = try backflow.run("convert", torchFixture("tensors/element_types.pt"), output)
      #expect(run.status == 1 && run.output == "")
      #expect(run.errors.contains("safetensors has no type complex128"))
      #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == old)
    }
  }

  @Test func `reports the input and the output that it cannot use`() throws {
    try withTemporaryFolder { folder in
      let missing = try backflow.run("convert", folder.path + "/none.pt", folder.path + "/a.npz")
      #expect(missing.status == 1 && missing.errors.contains("none.pt: cannot be read"))
      let input = torchFixture("containers/state_dict.pt")
      let unknown = try backflow.run("convert", input, folder.path + "/a.pt")
      #expect(unknown.status == 1 && unknown.errors.contains("found .pt"))
      #expect(try backflow.run("convert", input).status == 64)
    }
  }
}
