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
      return try backflow.run(["stability", path] + arguments)
    }
  }

  let rotation = Tensor<Double>(rows: [[0, -0.5], [0.5, 0]])

  @Test func `of a rotation prints its radius and a verdict`() throws {
    let run = try run(rotation)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("must vanish"))
    #expect(run.output.contains("spectral radius ρ       0.5\n"))
    #expect(run.output.contains("0 + 0.5i   |λ| = 0.5\n"))
  }

  @Test func `prints only JSON on request`() throws {
    let run = try run(rotation * 3, "--format", "json", "--steps", "4")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect(object["verdict"] as? String == "may explode")
    let radius = try #require(object["spectral_radius"] as? Double)
    #expect(abs(radius - 1.5) < 1e-14)
    let signal = try #require(object["backward_signal"] as? [[String: Double]])
    #expect(signal.map { $0["steps_back"] } == [0, 1, 2, 3, 4])
  }

  @Test func `uses the slopes of the nonlinearities`() throws {
    #expect(try run(rotation * 3, "--nonlinearity", "sigmoid").output.contains("must vanish"))
    #expect(try run(rotation * 3, "--nonlinearity", "relu").output.contains("may explode"))
  }

  @Test func `draws a figure`() throws {
    try withTemporaryFolder { folder in
      let picture = folder.appendingPathComponent("s.svg")
      let run = try run(rotation, "--svg", picture.path)
      #expect(run.output.contains("figure: \(picture.path)"))
      #expect(try String(contentsOf: picture, encoding: .utf8).hasPrefix("<svg"))
      // A figure does not replace an array.
      for target in [folder.path + "/weight.npy", folder.path + "/new.npy"] {
        #expect(try self.run(rotation, "--svg", target).status == 64)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/new.npy"))
      }
      let refused = try self.run(rotation, "--svg", folder.path + "/none/s.svg")
      #expect(refused.status == 1)
      #expect(refused.errors.contains("none/s.svg: cannot be written: "))
      // The report is not lost with the figure.
      #expect(refused.output.contains("must vanish"))
    }
  }

  @Test func `draws to a link and a device, which are kept`() throws {
    try withTemporaryFolder { folder in
      for (name, target) in [("link.svg", "real.svg"), ("null.svg", "/dev/null")] {
        let path = folder.path + "/" + name
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        #expect(try run(rotation, "--svg", path).status == 0)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == target)
      }
      let drawn = try String(contentsOfFile: folder.path + "/real.svg", encoding: .utf8)
      #expect(drawn.hasPrefix("<svg"))
      let type = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type]
      #expect(type as? FileAttributeType == .typeCharacterSpecial)
      let both = try run(rotation, "--svg", "/dev/stdout")
      #expect(both.status == 0 && both.output.contains("must vanish"))
      #expect(both.output.contains("<svg") && both.output.contains("</svg>"))
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
        #expect(run.status == 1 && run.output == "")
        #expect(run.errors.contains(words), "\(run.errors)")
        #expect(!run.errors.contains("NSCocoa"))
      }
    }
  }

  @Test func `follows a trained network along the digits`() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("run").path
      #expect(
        try backflow.run("train", "digits", "--epochs", "1", "--hidden", "6", "--save", target)
          .status == 0)
      let run = try backflow.run("stability", target, "--format", "json")
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(object["size"] as? Int == 6)
      #expect((object["backward_signal"] as? [Any])?.count == 9)

      try FileManager.default.removeItem(atPath: target + "/readout.bias.npy")
      let ignored = try backflow.run("stability", target, "--steps", "500")
      #expect(ignored.status == 64)
      let damaged = try backflow.run("stability", target)
      #expect(damaged.status == 1)
      #expect(damaged.errors.contains("it lacks readout.bias"))

      for shape: Shape in [[0, 0], [0], [7, 6]] {
        try NPY.write(Tensor<Float>.zeros(shape), to: target + "/rnn.weight_hh_l0.npy")
        let foreign = try backflow.run("stability", target)
        #expect(foreign.status == 1)
        #expect(
          foreign.errors.hasPrefix("backflow: \(target): a recurrent weight must be a square"))
      }
    }
  }

  @Test func `reports the contents of an unknown directory, and a remedy`() throws {
    func errors(_ names: [String], _ shape: Shape = [2, 2]) throws -> String {
      try withTemporaryFolder { folder in
        for name in names {
          try NPY.write(Tensor<Float>.zeros(shape), to: folder.appendingPathComponent(name).path)
        }
        try Data("notes".utf8).write(to: folder.appendingPathComponent("notes.txt"))
        let run = try backflow.run("stability", folder.path)
        #expect(run.status == 1 && run.output == "")
        #expect(run.errors.hasPrefix("backflow: \(folder.path)"))
        return run.errors
      }
    }
    let none = try errors([])
    #expect(none.contains("found no .npy file."))
    #expect(none.contains("`backflow stability weight_hh.npy`"))
    // Another `Sequential` has names like the convolution of `train digits`.
    let sequential = try errors(["0.weight.npy", "0.bias.npy"])
    #expect(sequential.contains("found none among 2 tensors"))
    #expect(!sequential.contains("expected a network of `train digits"))
    let many = try errors((0..<20).map { "layer\($0).npy" })
    #expect(many.contains("found none among 20 tensors"))
    let foreign = try errors(["rnn.weight_hh_l0.npy"])
    #expect(foreign.contains("it lacks rnn.weight_ih_l0"))
    #expect(foreign.contains("found rnn.weight_hh_l0.npy."))
  }

  @Test(arguments: ["lstm", "gru", "convolution"])
  func `reports which trained networks it can analyze`(model: String) throws {
    try withTemporaryFolder { folder in
      func train(_ arguments: [String]) throws {
        let run = try backflow.run(
          ["train", "digits", "--epochs", "1", "--save", folder.path] + arguments)
        #expect(run.status == 0, "\(run.errors)")
      }
      func expectRefusal() throws {
        let run = try backflow.run("stability", folder.path)
        #expect(run.status == 1)
        #expect(run.output == "")
        #expect(
          run.errors.hasPrefix(
            "backflow: \(folder.path): expected a network of `train digits --model rnn`, found one of"
          ))
        #expect(run.errors.contains("`--model \(model)`"))
      }
      try train(["--model", model] + (model == "convolution" ? [] : ["--hidden", "4"]))
      try expectRefusal()
      // The network that was saved last is the current one.
      try train(["--hidden", "4"])
      #expect(try backflow.run("stability", folder.path).status == 0)
    }
  }

  @Test func `analyzes a copy of a replaced network, and through a link`() throws {
    try withTemporaryFolder { folder in
      let (run, copy) = (folder.path + "/run", folder.path + "/copy")
      let train = ["train", "digits", "--epochs", "1", "--hidden", "4"]
      #expect(try backflow.run(train + ["--model", "lstm", "--save", run]).status == 0)
      #expect(try Program(name: "/bin/cp").run("-r", run, copy).status == 0)
      #expect(try backflow.run(train + ["--save", copy]).status == 0)
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/link", withDestinationPath: "copy")
      for path in [copy, folder.path + "/link"] {
        let analysis = try backflow.run("stability", path)
        #expect(analysis.status == 0, "\(analysis.errors)")
      }
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
      #expect(run.status == 1 && run.errors.contains("permission is denied"), "\(run.errors)")
    }
  }

  @Test func `reports the file and the problem`() throws {
    try withTemporaryFolder { folder in
      func refusal(_ name: String, _ bytes: Data) throws -> String {
        let path = folder.appendingPathComponent(name).path
        try bytes.write(to: URL(fileURLWithPath: path))
        let run = try backflow.run("stability", path)
        #expect(run.status == 1)
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

  /// Two vanilla networks, an LSTM and a matrix, in a file of any format.
  @Test(arguments: ["npz", "safetensors", "directory"])
  func `finds the recurrent layers of a checkpoint`(format: String) throws {
    try withTemporaryFolder { folder in
      var random = RandomSource(seed: 1)
      let path = folder.path + "/model" + (format == "directory" ? "" : "." + format)
      let one = RNN<Double>(inputSize: 2, hiddenSize: 3, using: &random)
      try Checkpoint(one, prefix: "encoder").write(to: path)
      let single = try backflow.run("stability", path, "--format", "json")
      #expect(single.status == 0, "\(single.errors)")
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(single.output.utf8)) as? [String: Any])
      #expect(object["size"] as? Int == 3)

      var several = try Checkpoint(one, prefix: "encoder")
      try several.insert(
        LSTM<Float>(inputSize: 2, hiddenSize: 5, using: &random), prefix: "decoder")
      several["other_w_hh"] = StoredTensor(Tensor<Float>.identity(4))
      try several.write(to: path)
      let choice = try backflow.run("stability", path)
      #expect(choice.status == 1 && choice.output == "")
      for name in ["encoder.weight_hh_l0 (RNN)", "decoder.weight_hh_l0 (LSTM)", "other_w_hh (RNN)"]
      {
        #expect(choice.errors.contains(name), "\(choice.errors)")
      }
      for (name, size) in [("encoder", 3), ("encoder.weight_hh_l0", 3), ("other_w_hh", 4)] {
        let run = try backflow.run(
          "stability", path, "--layer", name, "--format", "json", "--steps", "7")
        let object = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        #expect((object as? [String: Any])?["size"] as? Int == size, "\(run.errors)")
      }
      let gated = try backflow.run("stability", path, "--layer", "decoder")
      #expect(gated.status == 1 && gated.errors.contains("belongs to an LSTM cell"))
      let unknown = try backflow.run("stability", path, "--layer", "nothing")
      #expect(unknown.status == 1 && unknown.errors.contains("no recurrent layer has the name"))
    }
  }

  @Test func `rejects an array that is not a recurrent weight`() throws {
    let wide = try run(.zeros([2, 3]))
    #expect(wide.status == 1)
    #expect(wide.errors.contains("w.npy: a recurrent weight must be a square matrix"))
    #expect(wide.errors.contains("[2, 3]"))
    var sick = rotation
    sick[1, 0] = .infinity
    let infinite = try run(sick)
    #expect(infinite.status == 1)
    #expect(infinite.errors.contains("w.npy: "))
    #expect(infinite.errors.contains("row 1, column 0"))
    let missing = try backflow.run("stability", "/nowhere/w.npy")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("/nowhere/w.npy"))
  }

  @Test(arguments: [
    [], ["w.npy", "--steps", "0"], ["w.npy", "--format", "xml"],
    ["w.npy", "--nonlinearity", "gelu"], ["w.npy", "--unknown"],
  ])
  func `reports a wrong option with the usage and code 64`(arguments: [String]) throws {
    let run = try backflow.run(["stability"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains("Usage: backflow stability"))
  }

  @Test func `has help`() throws {
    let run = try backflow.run("stability", "--help")
    #expect(run.status == 0)
    #expect(run.output.contains("USAGE: backflow stability"))
  }
}
