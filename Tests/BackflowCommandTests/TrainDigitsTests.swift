import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `backflow train digits` {
  let backflow = Program(name: "backflow")

  private func contents(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0 != ".backflow-files" }.sorted()
  }

  @Test func `prints a plain line for each epoch and saves every parameter`() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("run")
      let run = try backflow.run(
        "train", "digits", "--epochs", "2", "--hidden", "12", "--save", target.path)
      #expect(run.status == 0, "\(run.errors)")
      #expect(!run.output.contains("\r"))
      let lines = run.output.split(separator: "\n")
      #expect(lines.first == "1438 images to train on, 359 held out; 394 parameters")
      #expect(lines.count { $0.hasPrefix("epoch") } == 2)
      #expect(lines.contains { $0.hasPrefix("held-out accuracy") })
      #expect(try contents(folder) == ["run"])
      #expect(
        try contents(target) == [
          "readout.bias.npy", "readout.weight.npy", "rnn.bias_hh_l0.npy", "rnn.bias_ih_l0.npy",
          "rnn.weight_hh_l0.npy", "rnn.weight_ih_l0.npy",
        ])
      let weight: Tensor<Float> = try NPY.read(
        target.appendingPathComponent("rnn.weight_hh_l0.npy").path)
      #expect(weight.shape == [12, 12])
    }
  }

  @Test(arguments: [("lstm", 4), ("gru", 3)])
  func `saves the gates under PyTorch's names`(model: String, gates: Int) throws {
    try withTemporaryFolder { folder in
      let run = try backflow.run(
        "train", "digits", "--model", model, "--epochs", "1", "--hidden", "5", "--save",
        folder.path)
      #expect(run.status == 0, "\(run.errors)")
      let shapes: [String: Shape] = [
        "weight_ih_l0": [gates * 5, 8], "weight_hh_l0": [gates * 5, 5], "bias_ih_l0": [gates * 5],
        "bias_hh_l0": [gates * 5],
      ]
      #expect(try contents(folder).count == shapes.count + 2)
      for (name, shape) in shapes {
        let parameter: Tensor<Float> = try NPY.read(folder.path + "/\(model).\(name).npy")
        #expect(parameter.shape == shape)
      }
    }
  }

  @Test func `saves a convolution as PyTorch's Sequential`() throws {
    try withTemporaryFolder { folder in
      let run = try backflow.run(
        "train", "digits", "--model", "convolution", "--epochs", "1", "--save", folder.path)
      #expect(run.status == 0, "\(run.errors)")
      let shapes: [String: Shape] = [
        "0.weight": [16, 1, 3, 3], "0.bias": [16], "3.weight": [32, 16, 3, 3], "3.bias": [32],
        "7.weight": [10, 128], "7.bias": [10],
      ]
      #expect(try contents(folder).count == shapes.count)
      for (name, shape) in shapes {
        let parameter: Tensor<Float> = try NPY.read(folder.path + "/\(name).npy")
        #expect(parameter.shape == shape)
      }
    }
  }

  @Test func `gives the same network for the same seed and a different one for another`() throws {
    try withTemporaryFolder { folder in
      func train(_ name: String, seed: String) throws -> Data {
        let target = folder.appendingPathComponent(name)
        let run = try backflow.run(
          "train", "digits", "--epochs", "1", "--hidden", "8", "--seed", seed, "--save",
          target.path)
        #expect(run.status == 0, "\(run.errors)")
        return try Data(contentsOf: target.appendingPathComponent("rnn.weight_hh_l0.npy"))
      }
      let first = try train("a", seed: "5")
      #expect(try train("b", seed: "5") == first)
      #expect(try train("c", seed: "6") != first)
    }
  }

  // Only in optimized builds, because the C kernels of a debug build are slow.
  #if !DEBUG
    @Test(arguments: [("rnn", 95.0), ("lstm", 97), ("gru", 97), ("convolution", 98)])
    func `reaches its accuracy on the held-out fifth`(model: String, least: Double) throws {
      let run = try backflow.run("train", "digits", "--model", model)
      let line = try #require(
        run.output.split(separator: "\n").first { $0.hasPrefix("held-out accuracy") })
      let accuracy = try #require(line.split(separator: " ").compactMap { Double($0) }.first)
      #expect(accuracy >= least)
    }
  #endif

  @Test func `leaves nothing behind after Ctrl-C`() throws {
    try withTemporaryFolder { folder in
      let (process, output, errors) = try backflow.start([
        "train", "digits", "--epochs", "1000000", "--hidden", "4", "--save",
        folder.appendingPathComponent("run").path,
      ])
      // The line of the first epoch indicates that training has started.
      var text = ""
      while !text.contains("epoch") {
        let chunk = output.availableData
        try #require(!chunk.isEmpty)
        text += String(decoding: chunk, as: UTF8.self)
      }
      process.interrupt()
      _ = output.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
      let message = String(decoding: errors.readDataToEndOfFile(), as: UTF8.self)
      #expect(message == "backflow: interrupted; nothing was saved\n")
      #expect(try contents(folder) == [])
    }
  }

  @Test func `reports that it waits for another program, until Ctrl-C`() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("run")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: false)
      // A save locks the directory itself last, after the training.
      let descriptor = open(target.path, O_RDONLY)
      defer { close(descriptor) }
      #expect(flock(descriptor, LOCK_EX) == 0)
      let (process, output, errors) = try backflow.start([
        "train", "digits", "--epochs", "1", "--hidden", "4", "--save", target.path,
      ])
      var text = ""
      while !text.contains("\n") {
        let chunk = errors.availableData
        try #require(!chunk.isEmpty)
        text += String(decoding: chunk, as: UTF8.self)
      }
      process.interrupt()
      _ = output.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
      text += String(decoding: errors.readDataToEndOfFile(), as: UTF8.self)
      #expect(
        text == "backflow: waiting for another program that has \(target.path) locked\n"
          + "backflow: interrupted; nothing was saved\n")
      #expect(try contents(folder) == ["run"] && contents(target) == [])
    }
  }

  @Test func `reports a directory with the name of a file before the training`() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("m")
      try FileManager.default.createDirectory(
        at: target.appendingPathComponent("rnn.weight_hh_l0.npy"), withIntermediateDirectories: true
      )
      let run = try backflow.run(
        "train", "digits", "--epochs", "1", "--hidden", "4", "--save", target.path)
      #expect(run.status == 1 && run.output.isEmpty, "\(run.output)")
      #expect(run.errors.contains("rnn.weight_hh_l0.npy: cannot be written: it is a directory"))
    }
  }

  @Test func `keeps other files in the directory`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("thesis.txt")
      try Data("x".utf8).write(to: file)
      let run = try backflow.run(
        "train", "digits", "--epochs", "1", "--hidden", "4", "--save", folder.path)
      #expect(run.status == 0)
      #expect(try contents(folder).count == 7)
      #expect(try String(contentsOf: file, encoding: .utf8) == "x")
      #expect(try backflow.run("train", "digits", "--epochs", "1", "--save", "").status == 1)
    }
  }

  @Test func `reports that the training diverges`() throws {
    let run = try backflow.run(
      "train", "digits", "--epochs", "2", "--hidden", "4", "--learning-rate", "1e38")
    #expect(run.status == 1)
    #expect(run.errors.contains("training diverged in epoch 1, step "))
    #expect(run.errors.contains("smaller --learning-rate"))
  }

  @Test func `prints findings as they come, with their cause at the end, and draws them`() throws {
    try withTemporaryFolder { folder in
      let figure = folder.appendingPathComponent("timeline.svg")
      let run = try backflow.run(
        "train", "digits", "--epochs", "2", "--hidden", "12", "--learning-rate", "0.5",
        "--timeline", figure.path)
      #expect(run.status == 0)
      #expect(run.errors.contains("the first updates raised the loss from"), "\(run.errors)")
      #expect(run.errors.contains("try: A smaller learning rate"))
      #expect(try String(contentsOf: figure, encoding: .utf8).contains("long step, the optimizer"))

      let json = folder.appendingPathComponent("timeline.json")
      let quiet = try backflow.run(
        "train", "digits", "--epochs", "2", "--hidden", "12", "--timeline", json.path)
      #expect(quiet.status == 0 && !quiet.errors.contains("warning"), "\(quiet.errors)")
      let history = try JSONDecoder().decode(HealthHistory.self, from: Data(contentsOf: json))
      #expect(history.steps == 0...80)
    }
  }

  @Test func `reports that it cannot write the time line, before the training`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data("x".utf8).write(to: file)
      let run = try backflow.run(
        "train", "digits", "--epochs", "1", "--hidden", "4", "--timeline", file.path + "/x.svg")
      #expect(run.status == 1 && run.output == "")
      #expect(run.errors.contains(file.path + "/x.svg"))
    }
  }

  @Test func `trains the same network, watched or not`() throws {
    try withTemporaryFolder { folder in
      for (name, interval) in [("watched", "3"), ("alone", "0")] {
        let run = try backflow.run(
          "train", "digits", "--epochs", "1", "--hidden", "8", "--health", interval, "--save",
          folder.appendingPathComponent(name).path)
        #expect(run.status == 0, "\(run.errors)")
      }
      for file in try contents(folder.appendingPathComponent("alone")) {
        let (one, other) = (
          try Data(contentsOf: folder.appendingPathComponent("alone/" + file)),
          try Data(contentsOf: folder.appendingPathComponent("watched/" + file))
        )
        #expect(one == other, "\(file)")
      }
    }
  }

  @Test func `reports that it cannot save, before the training`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data("x".utf8).write(to: file)
      let run = try backflow.run(
        "train", "digits", "--epochs", "1", "--hidden", "4", "--save", file.path + "/run")
      #expect(run.status == 1)
      #expect(run.errors.contains(file.path + "/run"))
      #expect(run.output == "")
      #expect(try contents(folder) == ["file"])
    }
  }

  @Test(arguments: ["1e-320", "1e-46", "1e-45", "1e39", "1e300", "inf", "nan", "-1", "0", "-0.0"])
  func `rejects a number that is out of range in single precision`(text: String) throws {
    for option in ["--learning-rate", "--clip"] {
      for model in ["rnn", "lstm", "gru", "convolution"] {
        let run = try backflow.run(
          "train", "digits", "--epochs", "1", "--model", model, option + "=" + text)
        #expect(run.status == 64, "\(option)")
        let sentence =
          "\(option) must be between 1.4e-45 and 3.4e+38, to be positive and finite in "
        #expect(run.errors.contains(sentence), "\(option): \(run.errors)")
        #expect(run.errors.contains("the default is"))
        #expect(run.output == "")
      }
    }
  }

  @Test(arguments: ["1.5e-45", "3e38"])
  func `accepts the smallest and the largest number of single precision`(text: String) throws {
    let run = try backflow.run(
      "train", "digits", "--epochs", "1", "--hidden", "4", "--clip", text)
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test(arguments: [
    ["--epochs", "0"], ["--hidden", "-1"], ["--batch", "many"], ["--learning-rate", "0"],
    ["--epochs", "9223372036854775807"], ["--batch", "9223372036854775807"],
    ["--hidden", "9223372036854775807"], ["--learning-rate", "inf"], ["--unknown"],
    ["--health", "-1"], ["--timeline", "x.png"], ["--health", "0", "--timeline", "x.svg"],
    ["--model", "transformer"], ["--model", "convolution", "--hidden", "8"],
  ])
  func `reports a wrong option with the usage and code 64`(arguments: [String]) throws {
    let run = try backflow.run(["train", "digits"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains("Usage: backflow train digits"))
    #expect(run.output == "")
  }
}
