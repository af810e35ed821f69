import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `backflow stability` {
  let backflow = Program(name: "backflow")

  /// Writes `weight` to a directory and runs the command on it.
  private func run(
    _ weight: Tensor<Double>, _ arguments: String...
  ) throws -> Program.Outcome {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("w.npy").path
      try NPY.write(weight, to: path)
      return try backflow.run(["stability", path, "--steps", "60", "--samples", "2"] + arguments)
    }
  }

  let rotation = Tensor<Double>(rows: [[0, -0.5], [0.5, 0]])

  @Test func `of a rotation prints a verdict, its radius, and what was assumed`() throws {
    let run = try run(rotation)
    #expect(run.status == 0, "\(run.errors)")
    for words in [
      "verdict               must vanish\n", "ρ 0.5, σ_max 0.5, Henrici 0, Kreiss 1\n",
      "without input, from 2 random states", "the nonlinearity tanh", "-0.6931",
    ] {
      #expect(run.output.contains(words), "\(words) is not in \(run.output)")
    }
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test func `prints only JSON on request`() throws {
    let run = try run(rotation * 3, "--format", "json")
    let layer = try #require(try JSONValue(text: run.output)["layers"]?[0])
    #expect(layer["verdict"]?["label"]?.text == "may explode")
    #expect(layer["hidden_size"]?.number == 2)
    let radius = try #require(layer["weights"]?["spectral_radius"]?.number)
    #expect(abs(radius - 1.5) < 1e-14)
  }

  @Test func `uses the slopes of the nonlinearities`() throws {
    #expect(
      try run(rotation * 3, "--nonlinearity", "sigmoid").output.contains("   must vanish\n"))
    #expect(try run(rotation * 3, "--nonlinearity", "relu").output.contains("   may explode\n"))
  }

  @Test func `exits with code 2 for a layer with an unwanted verdict`() throws {
    for (label, status) in [
      ("may explode", 2), ("may-explode", 2), ("must-vanish", 0), ("undecided", 0),
    ] {
      let run = try run(rotation * 3, "--fail-on", label)
      #expect(run.status == status)
      #expect(run.output.contains("   may explode\n"))
      #expect(run.errors.contains("verdict \"may explode\": ") == (status == 2))
    }
    try withTemporaryFolder { folder in
      let path = folder.path + "/s5.npz"
      try Checkpoint([
        "ssm.Lambda_re": StoredTensor(Tensor<Float>([-1, 0.5])),
        "ssm.Lambda_im": StoredTensor(Tensor<Float>([0, 0])),
        "ssm.log_step": StoredTensor(Tensor<Float>([0, 0])),
      ]).write(to: path)
      let run = try backflow.run("stability", path, "--fail-on", "may-explode")
      #expect(run.status == 2 && run.output.contains("The recurrence itself explodes"))
      #expect(run.errors.contains("ssm"))
    }
  }

  @Test func `reports in a sentence why a path has no array`() throws {
    try withTemporaryFolder { folder in
      #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/loop", withDestinationPath: "loop")
      for (name, words) in [
        ("pipe", "it is a pipe, not a regular file"), ("loop", "form a loop"),
        ("none.npy", "does not exist"),
      ] {
        let run = try backflow.run("stability", folder.path + "/" + name)
        #expect(run.status == 65 && run.output == "")
        #expect(run.errors.contains(words), "\(run.errors)")
        #expect(!run.errors.contains("NSCocoa"))
      }
    }
  }

  @Test(arguments: ["rnn", "lstm", "gru"])
  func `follows a trained network along the digits`(model: String) throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("run").path
      let training = try backflow.run(
        "train", "digits", "--model", model, "--epochs", "1", "--hidden", "4", "--no-report",
        "--save", target)
      #expect(training.status == 0, "\(training.errors)")
      let run = try backflow.run("stability", target, "--format", "json")
      #expect(run.status == 0, "\(run.errors)")
      let layer = try #require(try JSONValue(text: run.output)["layers"]?[0])
      #expect(layer["name"]?.text == "0.weight_hh_l0")
      #expect(layer["kind"]?.text == model && layer["hidden_size"]?.number == 4)
      #expect(layer["setting"]?.text == "along 8 steps of 64 samples")
      // Its network alone is a checkpoint like any other.
      let network = folder.appendingPathComponent("network.npz").path
      #expect(try backflow.run("convert", target, network).status == 0)
      let part = try backflow.run("stability", network, "--steps", "20")
      #expect(part.status == 0 && part.output.contains("without input"), "\(part.errors)")
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root reads every directory"))
  func `reports why a directory cannot be read`() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder.path)
      defer {
        try? FileManager.default.setAttributes(
          [.posixPermissions: 0o700], ofItemAtPath: folder.path)
      }
      let run = try backflow.run("stability", folder.path)
      #expect(run.status == 65 && run.errors.contains("permission is denied"), "\(run.errors)")
    }
  }

  @Test func `reports the file and the problem`() throws {
    try withTemporaryFolder { folder in
      func refusal(_ name: String, _ bytes: Data) throws -> String {
        let path = folder.appendingPathComponent(name).path
        try bytes.write(to: URL(fileURLWithPath: path))
        let run = try backflow.run("stability", path)
        #expect(run.status == 65)
        #expect(run.output == "")
        #expect(run.errors.hasPrefix("backflow: "))
        #expect(run.errors.contains(name))
        return run.errors
      }
      let path = folder.appendingPathComponent("whole.npy").path
      try NPY.write(rotation, to: path)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(try refusal("truncated.npy", whole.dropLast(5)).contains("expected 32 bytes of data"))
      #expect(try refusal("short.npy", whole.prefix(20)).contains("bytes for the header"))
      #expect(try refusal("empty.npy", Data()).contains("expected a file of safetensors, NumPy"))
      #expect(
        try refusal("picture.npy", Data("GIF89a, rather".utf8))
          .contains("expected a file of safetensors, NumPy"))
    }
  }

  /// A vanilla network, an LSTM and a matrix, in a file of any format.
  @Test(arguments: ["npz", "safetensors", "directory"])
  func `finds the recurrent layers of a checkpoint`(format: String) throws {
    try withTemporaryFolder { folder in
      var random = RandomSource(seed: 1)
      let path = folder.path + "/model" + (format == "directory" ? "" : "." + format)
      var checkpoint = try Checkpoint(
        RNN<Double>(inputSize: 2, hiddenSize: 3, layers: 2, using: &random), prefix: "encoder")
      try checkpoint.insert(
        LSTM<Float>(inputSize: 2, hiddenSize: 5, using: &random), prefix: "decoder")
      checkpoint["other_w_hh"] = StoredTensor(Tensor<Float>.identity(4))
      checkpoint["square"] = StoredTensor(Tensor<Float>.identity(2))
      try checkpoint.write(to: path)
      func names(_ arguments: String...) throws -> [String?] {
        let run = try backflow.run(
          ["stability", path, "--format", "json", "--steps", "20"] + arguments)
        #expect(run.status == 0, "\(run.errors)")
        return try JSONValue(text: run.output)["layers"]?.items.map { $0["name"]?.text } ?? []
      }
      let encoder = ["encoder.weight_hh_l0", "encoder.weight_hh_l1"]
      #expect(
        Set(try names()) == Set(encoder + ["decoder.weight_hh_l0", "other_w_hh"]))
      #expect(try names("--layer", "encoder") == encoder)
      for name in [encoder[1], "decoder.weight_hh_l0", "other_w_hh", "square"] {
        #expect(try names("--layer", name) == [name])
      }
      let unknown = try backflow.run("stability", path, "--layer", "nothing")
      #expect(unknown.status == 65 && unknown.output == "")
      for words in [path, "has the name nothing", "decoder.weight_hh_l0", "other_w_hh"] {
        #expect(unknown.errors.contains(words), "\(unknown.errors)")
      }
      let vector = try backflow.run("stability", path, "--layer", "decoder.bias_hh_l0")
      #expect(
        vector.status == 65 && vector.errors.contains("has the shape [20]: expected a square"))
    }
  }

  @Test func `rejects an array that is not a recurrent weight`() throws {
    let wide = try run(.zeros([2, 3]))
    #expect(wide.status == 65)
    #expect(wide.errors.contains("w.npy: "))
    #expect(wide.errors.contains("has the shape [2, 3]: expected a square matrix, [H, H]"))
    var sick = rotation
    sick[1, 0] = .infinity
    let infinite = try run(sick)
    #expect(infinite.status == 65 && infinite.output == "")
    #expect(infinite.errors.contains("w.npy: element [1, 0] of "))
    #expect(infinite.errors.contains("is inf: expected finite numbers"))
  }

  @Test(arguments: [
    [], ["w.npy", "--steps", "0"], ["w.npy", "--format", "xml"], ["w.npy", "--samples", "0"],
    ["w.npy", "--nonlinearity", "gelu"], ["w.npy", "--unknown"], ["w.npy", "--leak", "1.5"],
    ["w.npy", "--fail-on", "stable"], ["w.npy", "--exponents", "0"],
  ])
  func `reports a wrong option with the usage and code 64`(arguments: [String]) throws {
    let run = try backflow.run(["stability"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains("Usage: backflow stability"))
  }

  @Test func `reports an option that applies to no layer with code 64`() throws {
    let run = try run(rotation, "--gru-reset", "before")
    #expect(run.status == 64 && run.output == "")
    #expect(run.errors.contains("there is no GRU among the networks"), "\(run.errors)")
  }

  @Test func `has help`() throws {
    let run = try backflow.run("stability", "--help")
    #expect(run.status == 0)
    #expect(run.output.contains("USAGE: backflow stability"))
  }
}
