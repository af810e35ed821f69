import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `backflow train digits` {
  let backflow = Program(name: "backflow")
  let small = ["train", "digits", "--epochs", "2", "--hidden", "12", "--threads", "1"]

  private func contents(_ folder: URL) throws -> Set<String> {
    Set(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).map {
        $0.hasPrefix("events.out.tfevents.") ? "events" : $0
      })
  }

  @Test func `prints a plain line for each epoch and saves the run`() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("run")
      let run = try backflow.run(small + ["--no-report", "--save", target.path])
      #expect(run.status == 0, "\(run.errors)")
      #expect(!run.output.contains("\r") && !run.output.contains("\u{1B}"))
      let lines = run.output.split(separator: "\n")
      #expect(lines.first == "1438 images to train on, 359 held out; 394 parameters")
      #expect(lines.count { $0.hasPrefix("epoch") } == 2)
      #expect(lines.contains { $0.hasPrefix("held out: loss ") && $0.contains("accuracy") })
      #expect(try contents(folder) == ["run"])
      #expect(
        try contents(target).isSuperset(of: [
          "checkpoint.safetensors", "configuration.json", "metrics.jsonl",
        ]))
      let weight = try Checkpoint(contentsOf: target.path + "/checkpoint.safetensors")[
        "model.0.weight_hh_l0"]
      #expect(weight?.shape == [12, 12])
      let quiet = try backflow.run(small + ["--quiet"])
      #expect(
        quiet.status == 0 && quiet.output == "\(lines.first { $0.hasPrefix("held out") } ?? "")\n")
    }
  }

  @Test(arguments: [("lstm", 4), ("gru", 3), ("rnn", 1)])
  func `saves the gates under PyTorch's names`(model: String, gates: Int) throws {
    try withTemporaryFolder { folder in
      let run = try backflow.run(
        "train", "digits", "--model", model, "--epochs", "1", "--hidden", "5", "--no-report",
        "--save",
        folder.path)
      #expect(run.status == 0, "\(run.errors)")
      let output = folder.appendingPathComponent("model.safetensors").path
      #expect(try backflow.run("convert", folder.path, output).status == 0)
      let shapes = try Checkpoint(contentsOf: output).tensors.mapValues(\.shape)
      #expect(
        Dictionary(uniqueKeysWithValues: shapes.map { ($0.key, $0.value) }) == [
          "0.weight_ih_l0": [gates * 5, 8], "0.weight_hh_l0": [gates * 5, 5],
          "0.bias_ih_l0": [gates * 5], "0.bias_hh_l0": [gates * 5], "2.weight": [10, 5],
          "2.bias": [10],
        ])
    }
  }

  @Test func `trains a convolution of PyTorch's names`() throws {
    try withTemporaryFolder { folder in
      let run = try backflow.run(
        "train", "digits", "--model", "convolution", "--epochs", "1", "--no-report", "--save",
        folder.path)
      #expect(run.status == 0, "\(run.errors)")
      let checkpoint = try Checkpoint(contentsOf: folder.path + "/checkpoint.safetensors")
      #expect(checkpoint["model.3.weight"]?.shape == [32, 16, 3, 3])
      #expect(checkpoint["model.7.weight"]?.shape == [10, 128])
    }
  }

  @Test func `gives the same network for the same seed and a different one for another`() throws {
    try withTemporaryFolder { folder in
      func train(_ name: String, _ more: String...) throws -> Data {
        let target = folder.appendingPathComponent(name)
        let run = try backflow.run(small + ["--no-report", "--save", target.path] + more)
        #expect(run.status == 0, "\(run.errors)")
        return try Data(contentsOf: target.appendingPathComponent("metrics.jsonl"))
      }
      let first = try train("a", "--seed", "5", "--health", "0")
      #expect(try train("b", "--seed", "5", "--health", "0") == first)
      #expect(try train("c", "--seed", "6", "--health", "0") != first)
      // Looking at the gradients changes nothing, and adds findings and profiles only.
      let watched = try train("d", "--seed", "5", "--health", "3")
      let updates = String(decoding: watched, as: UTF8.self).split(separator: "\n")
        .filter { !$0.contains("\"type\":\"finding\"") && !$0.contains("\"type\":\"profile\"") }
      #expect(updates == String(decoding: first, as: UTF8.self).split(separator: "\n"))
    }
  }

  // Only in optimized builds, because the C kernels of a debug build are slow.
  #if !DEBUG
    @Test(arguments: [("rnn", 96.0), ("lstm", 97), ("gru", 97), ("convolution", 98)])
    func `reaches its accuracy on the held-out fifth`(model: String, least: Double) throws {
      let run = try backflow.run("train", "digits", "--model", model, "--quiet")
      let words = run.output.split(separator: " ")
      let accuracy = try #require(words.compactMap { Double($0) }.last)
      #expect(accuracy >= least, "\(run.output)")
    }
  #endif

  @Test func `saves after Ctrl-C, and goes on with --resume`() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("run").path
      let (process, output, errors) = try backflow.start([
        "train", "digits", "--epochs", "1000000", "--hidden", "4", "--no-report", "--save", target,
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
      #expect(message.contains("backflow: interrupted after "))
      #expect(message.contains("saved in \(target); the same command with --resume goes on"))
      let updates = try Checkpoint(contentsOf: target + "/checkpoint.safetensors")
        .integer(named: "optimizer.step")
      let more = try backflow.run(
        "train", "digits", "--epochs", "\(updates / 45 + 2)", "--hidden", "4", "--no-report",
        "--save", target,
        "--resume")
      #expect(more.status == 0, "\(more.errors)")
      #expect(more.output.contains("continued after \(updates) updates"))
    }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `leaves nothing behind after a signal without --save`(number: Int32) throws {
    let (process, output, errors) = try backflow.start([
      "train", "digits", "--epochs", "1000000", "--hidden", "4",
    ])
    var text = ""
    while !text.contains("epoch") {
      let chunk = output.availableData
      try #require(!chunk.isEmpty)
      text += String(decoding: chunk, as: UTF8.self)
    }
    kill(process.processIdentifier, number)
    _ = output.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 128 + number)
    let message = String(decoding: errors.readDataToEndOfFile(), as: UTF8.self)
    #expect(message.contains("backflow: stopping after this update"))
    #expect(message.contains("backflow: interrupted; nothing was saved\n"))
  }

  @Test func `reports that the training diverges`() throws {
    let run = try backflow.run(
      "train", "digits", "--epochs", "2", "--hidden", "4", "--learning-rate", "1e38")
    #expect(run.status == 1)
    #expect(run.errors.contains("the training diverged in epoch 1, after "))
    #expect(run.errors.contains("begin again with a smaller --learning-rate\n"))
  }

  @Test func `prints findings as they come, with their cause at the end`() throws {
    let run = try backflow.run(small + ["--learning-rate", "0.5"])
    #expect(run.status == 0)
    let parts = run.errors.components(separatedBy: "  try: A smaller learning rate")
    #expect(parts.count > 1, "\(run.errors)")
    #expect(parts[0].contains("backflow: failure, step 10: 0.l0: "))
    #expect(parts[0].contains("of its outputs are saturated"))
  }

  @Test func `reports that it cannot save, before the training`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data("x".utf8).write(to: file)
      let run = try backflow.run(
        "train", "digits", "--epochs", "1", "--hidden", "4", "--no-report", "--save",
        file.path + "/run")
      #expect(run.status == 1)
      #expect(run.errors.contains(file.path + "/run"))
      #expect(run.output == "")
      #expect(try contents(folder) == ["file"])
    }
  }

  @Test(arguments: ["1e-320", "1e-46", "1e-45", "1e39", "1e300", "inf", "nan", "-1", "0", "-0.0"])
  func `rejects a number that is out of range in single precision`(text: String) throws {
    for option in ["--learning-rate", "--clip"] where option != "--clip" || Double(text) != 0 {
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
    ["--health", "-1"], ["--epochs", "-3"], ["--clip", "-1"], ["--average", "1"],
    ["--warmup", "-1"],
    ["--weight-decay", "nan"], ["--patience", "0"], ["--resume"],
    ["--no-report", "--save", "", "--resume"],
    ["--no-report", "--save", "run", "--resume", "--replace"], ["--checkpoint-every", "-1"],
    ["--model", "transformer"], ["--model", "convolution", "--hidden", "8"],
  ])
  func `reports a wrong option with the usage and code 64`(arguments: [String]) throws {
    let run = try backflow.run(["train", "digits"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains("Usage: backflow train digits"))
    #expect(run.output == "")
  }
}
