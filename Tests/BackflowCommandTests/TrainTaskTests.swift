import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `backflow train` {
  private let backflow = Program(name: "backflow")

  /// A table in which the price follows from the other columns.
  private func writeHouses(in folder: URL, rows: Int = 200, price: (Int) -> String) throws -> String
  {
    var text = "area,city,price\n"
    for row in 0..<rows {
      text += "\(50 + row % 71),\(["Ulm", "Bern", "Graz"][row % 3]),\(price(row))\n"
    }
    let path = folder.appendingPathComponent("houses.csv").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  private func writeSignals(in folder: URL) throws -> String {
    var random = RandomSource(seed: 1)
    let x: Tensor<Double> = random.normal([120, 6, 2])
    let sums = (0..<120).map { n in (0..<6).reduce(0.0) { $0 + x[n, $1, 0] } }
    let path = folder.appendingPathComponent("signals.npz").path
    let checkpoint = Checkpoint([
      "x": StoredTensor(x), "y": StoredTensor(sums.map { $0 > 0 ? 1 : 0 }, shape: [120]),
    ])
    try checkpoint.write(to: path)
    return path
  }

  private func writeText(in folder: URL) throws -> String {
    let path = folder.appendingPathComponent("text.txt").path
    let text = String(repeating: "to be, or not to be: that is the question. ", count: 120)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test(arguments: ["csv", "text", "sequence", "adding", "copy"])
  func `learns, is measured, and continues with the same bits`(task: String) throws {
    try withTemporaryFolder { folder in
      let arguments: [String] =
        switch task {
        case "csv":
          [
            try writeHouses(in: folder) { "\(3 * (50 + $0 % 71) + 40 * ($0 % 3))" }, "--target",
            "price",
          ]
        case "text": [try writeText(in: folder), "--hidden", "16", "--batch", "4", "--layers", "1"]
        case "sequence": [try writeSignals(in: folder), "--hidden", "8", "--learning-rate", "0.03"]
        case "adding": ["--steps", "6", "--samples", "64", "--hidden", "8"]
        default: ["--delay", "3", "--length", "2", "--samples", "64", "--hidden", "8"]
        }
      func train(_ run: String, _ more: String...) throws -> Program.Outcome {
        try backflow.run(
          ["train", task] + arguments
            + ["--threads", "1", "--dropout", "0.1", "--average", "0.5", "--patience", "9"]
            + [
              "--schedule", "constant", "--no-report", "--save",
              folder.appendingPathComponent(run).path,
            ] + more)
      }
      func file(_ run: String, _ name: String) throws -> Data {
        try Data(contentsOf: folder.appendingPathComponent(run + "/" + name))
      }
      let whole = try train("whole", "--epochs", "4")
      #expect(whole.status == 0, "\(whole.errors)")
      let losses = try validationLosses(file("whole", "metrics.jsonl"))
      #expect(losses.count == 4 && losses[3] < losses[0], "\(losses)")

      #expect(try train("parts", "--epochs", "2").status == 0)
      let more = try train("parts", "--epochs", "4", "--resume")
      #expect(more.status == 0 && more.output.contains("continued after"), "\(more.errors)")
      for name in ["metrics.jsonl", "checkpoint.safetensors"] {
        #expect(try file("parts", name) == file("whole", name), "\(name)")
      }

      let evaluated = try backflow.run("evaluate", folder.path + "/whole", "--format", "json")
      #expect(evaluated.status == 0, "\(evaluated.errors)")
      #expect(try JSONValue(text: evaluated.output)["loss"]?.number == losses.min())
    }
  }

  private func validationLosses(_ metrics: Data) throws -> [Double] {
    try String(decoding: metrics, as: UTF8.self).split(separator: "\n")
      .compactMap { try JSONValue(text: String($0))["validation"]?["loss"]?.number }
  }

  @Test func `refuses a run that exists, other settings, and data that have changed`() throws {
    try withTemporaryFolder { folder in
      let file = try writeHouses(in: folder) { "\($0)" }
      let target = folder.appendingPathComponent("run").path
      func train(_ more: String...) throws -> Program.Outcome {
        try backflow.run(
          [
            "train", "csv", file, "--target", "price", "--epochs", "1", "--no-report", "--save",
            target,
          ] + more)
      }
      let first = try train("--resume")
      #expect(
        first.status == 0 && first.errors.contains("there is no run yet; the training begins"))
      let again = try train()
      #expect(again.status == 73 && again.errors.contains("continue it with --resume"))
      let other = try train("--resume", "--hidden", "9")
      #expect(other.status == 65 && other.errors.contains("--hidden is 9 instead of 64"))
      let fewer = try train("--resume", "--epochs", "2")
      #expect(fewer.status == 0 && fewer.errors.contains("falls over 2 epochs instead of 1"))
      let patient = try train("--resume", "--epochs", "2", "--patience", "3")
      #expect(
        patient.status == 65 && patient.errors.contains("--patience is 3 instead of not given"))
      let before = try Data(contentsOf: URL(fileURLWithPath: target + "/checkpoint.safetensors"))
      let past = try train("--resume")
      #expect(past.status == 65 && past.errors.contains("has 2 epochs already"), "\(past.errors)")
      _ = try writeHouses(in: folder) { "\($0 + 1)" }
      let changed = try train("--resume")
      #expect(
        changed.status == 65 && changed.errors.contains("has changed, or is another file"),
        "\(changed.errors)")
      let evaluated = try backflow.run("evaluate", target)
      #expect(evaluated.status == 65 && evaluated.errors.contains("the file has changed"))
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: target + "/checkpoint.safetensors")) == before)
      #expect(try train("--replace").status == 0)
    }
  }

  @Test func `begins anew without a checkpoint, and goes back to the last one`() throws {
    try withTemporaryFolder { folder in
      func train(_ run: String, _ more: String...) throws -> Program.Outcome {
        try backflow.run(
          ["train", "adding", "--steps", "4", "--samples", "32", "--hidden", "4", "--threads", "1"]
            + ["--epochs", "2", "--no-report", "--save", folder.appendingPathComponent(run).path]
            + more)
      }
      func metrics(_ run: String) -> URL { folder.appendingPathComponent(run + "/metrics.jsonl") }
      #expect(try train("whole").status == 0)
      #expect(try train("other").status == 0)
      // What a killed program has written after the checkpoint, the last line in part.
      let handle = try FileHandle(forWritingTo: metrics("other"))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"step\":99}\n{\"st".utf8))
      try handle.close()
      #expect(try train("other", "--resume").status == 0)
      #expect(try Data(contentsOf: metrics("other")) == Data(contentsOf: metrics("whole")))
      try FileManager.default.removeItem(
        at: folder.appendingPathComponent("other/checkpoint.safetensors"))
      let anew = try train("other", "--resume")
      #expect(anew.status == 0 && anew.errors.contains("there is no checkpoint yet"))
      #expect(try Data(contentsOf: metrics("other")) == Data(contentsOf: metrics("whole")))
      // A file that lost lines is not continued.
      try Data().write(to: metrics("other"))
      let damaged = try train("other", "--resume")
      #expect(
        damaged.status == 65 && damaged.errors.contains("it was changed"), "\(damaged.errors)")
    }
  }

  @Test func `keeps its settings if it is continued without them`() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("run").path
      let small = ["train", "adding", "--steps", "4", "--samples", "32", "--hidden", "4"]
      let first = try backflow.run(
        small + ["--epochs", "3", "--threads", "1", "--no-report", "--save", target])
      #expect(first.status == 0)
      let configuration = try Data(contentsOf: URL(fileURLWithPath: target + "/configuration.json"))
      let again = try backflow.run(small + ["--no-report", "--save", target, "--resume"])
      #expect(again.status == 0 && again.output.contains("continued after 3 updates"))
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: target + "/configuration.json")) == configuration)
    }
  }

  @Test func `refuses files that are not those of a run, and an edited configuration`() throws {
    try withTemporaryFolder { folder in
      let metrics = folder.appendingPathComponent("metrics.jsonl")
      try Data("mine".utf8).write(to: metrics)
      let call = [
        "train", "digits", "--epochs", "1", "--hidden", "4", "--no-report", "--save", folder.path,
      ]
      for more in [[], ["--resume"]] {
        let run = try backflow.run(call + more)
        #expect(run.status == 73 && run.errors.contains("without a configuration"), "\(run)")
      }
      #expect(try Data(contentsOf: metrics) == Data("mine".utf8))
      try FileManager.default.removeItem(at: metrics)
      #expect(try backflow.run(call).status == 0)
      let file = folder.appendingPathComponent("configuration.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      for (old, new) in [
        ("\"hidden\" : 4", "\"hidden\" : -5"), ("\"layers\" : 1", "\"layers\" : 0"),
        ("\"batch\" : 32", "\"batch\" : 0"), ("\"outputs\" : 10", "\"outputs\" : 0"),
        ("\"dropout\" : 0", "\"dropout\" : 1.5"), ("\"name\" : \"digits\"", "\"name\" : \"csv\""),
        ("\"format\" : 1", "\"format\" : 2"), ("\"seed\" : 1", "\"seed\" : \"x\""),
      ] {
        #expect(text.contains(old), "\(old)")
        try text.replacing(old, with: new).write(to: file, atomically: true, encoding: .utf8)
        let run = try backflow.run("evaluate", folder.path)
        #expect(run.status == 65 && run.errors.contains("configuration.json"), "\(new): \(run)")
      }
    }
  }

  @Test func `needs held-out samples for early stopping, and says if there are none`() throws {
    try withTemporaryFolder { folder in
      let file = try writeHouses(in: folder) { "\($0)" }
      let call = ["train", "csv", file, "--target", "price", "--epochs", "1", "--validation", "0"]
      let patient = try backflow.run(call + ["--patience", "2"])
      #expect(patient.status == 65 && patient.errors.contains("--patience needs samples"))
      let run = try backflow.run(call)
      #expect(run.status == 0 && run.output.contains("nothing is held out"))
    }
  }

  @Test func `trains one run at a time`() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("run").path
      let call = ["train", "digits", "--hidden", "4", "--no-report", "--save", target]
      let (process, output, _) = try backflow.start(call + ["--epochs", "1000000"])
      var text = ""
      while !text.contains("epoch") {
        let chunk = output.availableData
        try #require(!chunk.isEmpty)
        text += String(decoding: chunk, as: UTF8.self)
      }
      let second = try backflow.run(call + ["--epochs", "1", "--resume"])
      #expect(second.status == 1 && second.errors.contains("another program is writing it"))
      process.interrupt()
      _ = output.readDataToEndOfFile()
      process.waitUntilExit()
    }
  }

  @Test func `says what is wrong with the data`() throws {
    try withTemporaryFolder { folder in
      func file(_ text: String, _ name: String = "data.csv") throws -> String {
        let path = folder.appendingPathComponent(name).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
      }
      func check(_ arguments: [String], _ words: String) throws {
        let run = try backflow.run(["train"] + arguments)
        #expect(run.status == 65 && run.output == "", "\(run.status) \(run.output)")
        #expect(run.errors.contains(words), "\(run.errors)")
      }
      let missing = try file("a,b\n1,2\n,3\n4,5\n", "missing.csv")
      try check(["csv", missing, "--target", "b", "--validation", "0"], "line 3, column a")
      try check(["csv", missing, "--target", "b"], "--missing drop leaves such rows out")
      try check(["csv", missing, "--target", "price"], "there is no such column")
      try check(["csv", file("a,b\n1,2,3\n"), "--target", "b"], "line 2")
      try check(["csv", file("b\n1\n2\n"), "--target", "b"], "no column is left as an input")
      try check(["csv", file("a,b\n"), "--target", "b"], "no row is left")
      try check(["csv", file("a,b\n1,2\n1,x\n3,4\n"), "--target", "b"], "line 3, column b")
      try check(["csv", file("a,b\n1,2\nx,2\n3,4\n"), "--target", "b"], "use --categories a")
      try check(["csv", file("a,b\n1,2\n\"3,4\n"), "--target", "b"], "line 3, column a")
      try check(["csv", file("a;b\n1;2\n"), "--target", "b"], "see --separator ';'")
      let words = "a,b\n" + (0..<9).map { "\($0),w\($0)\n" }.joined()
      try check(["csv", file(words), "--target", "b"], "9 different classes in 9 rows")
      try check(["text", file("short", "t.txt")], "is too short")
      let filled = try backflow.run(
        "train", "csv", missing, "--target", "b", "--missing", "fill", "--epochs", "1",
        "--validation", "0")
      #expect(filled.status == 0, "\(filled.errors)")
      let none = try backflow.run("train", "csv", folder.path + "/none.csv", "--target", "b")
      #expect(none.status != 0 && none.errors.contains("none.csv"))
      let npz = folder.appendingPathComponent("x.npz").path
      for (tensors, words) in [
        (["x": StoredTensor(Tensor<Float>.ones([3, 4]))], "expected the tensors x and y"),
        (
          [
            "x": StoredTensor(Tensor<Float>.ones([3, 4])),
            "y": StoredTensor([0, 1, 1], shape: [3]),
          ], "x: expected the shape [N, T, I]"
        ),
        (
          [
            "x": StoredTensor(Tensor<Float>.ones([3, 4, 2])),
            "y": StoredTensor([0, 1], shape: [2]),
          ], "y: expected the shape [N] or [N, T]"
        ),
        (
          [
            "x": StoredTensor(Tensor<Float>(scalar: .nan).reshaped(to: [1, 1, 1])),
            "y": StoredTensor([0], shape: [1]),
          ], "x: an element is NaN or infinite"
        ),
      ] {
        try Checkpoint(OrderedDictionary(uniqueKeysWithValues: tensors.sorted { $0.key < $1.key }))
          .write(to: npz)
        try check(["sequence", npz], words)
      }
    }
  }

  @Test(arguments: [
    ["sample", "--temperature", "-1", "run"], ["sample", "--top-k", "0", "run"],
    ["train", "csv", "x.csv"], ["train", "csv", "x.csv", "--target", "y", "--separator", "ab"],
    ["train", "copy", "--delay", "0"], ["train", "text", "x", "--validation", "1"],
    ["train", "adding", "--steps", "1"],
    ["train", "copy", "--delay", "100000", "--symbols", "10000"],
  ])
  func `rejects a wrong option`(arguments: [String]) throws {
    #expect(try backflow.run(arguments).status == 64)
  }

  @Test(arguments: [
    ("trian", "'trian' is not a subcommand of 'backflow'. Did you mean 'train'?"),
    ("train digit", "'digit' is not a subcommand of 'backflow train'. Did you mean 'digits'?"),
    ("train table", "Expected one of digits, csv, text, sequence, adding, copy."),
    ("help evalaute", "Did you mean 'evaluate'?"), ("train digits --epoch 3", "'--epochs'"),
  ])
  func `suggests what a mistyped word may be`(line: String, words: String) throws {
    let run = try backflow.run(line.split(separator: " ").map(String.init))
    #expect(run.status == 64 && run.errors.contains(words), "\(run.errors)")
  }
}
