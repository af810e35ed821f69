import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `the network of a run` {
  private let backflow = Program(name: "backflow")

  @Test func `has a report, also where its data are gone`() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("t.txt").path
      try String(repeating: "abc ", count: 400).write(
        toFile: path, atomically: true, encoding: .utf8)
      let run = folder.appendingPathComponent("run").path
      let training = try backflow.run(
        "train", "text", path, "--hidden", "4", "--layers", "1", "--epochs", "2", "--batch", "2",
        "--steps", "8", "--save", run)
      #expect(training.status == 0, "\(training.errors)")
      func page() throws -> String {
        try String(contentsOfFile: run + "/report.html", encoding: .utf8)
      }
      for words in ["Loss and validation", "Gradient by layer", "Stability of recurrence"] {
        #expect(try page().contains(words), "\(words)")
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: run)
          .count { $0.hasPrefix("events.out.tfevents.") } == 1)
      try FileManager.default.removeItem(atPath: path)
      let again = try backflow.run("report", run, "--figures", folder.path + "/figures")
      #expect(again.status == 0 && again.errors.contains("lacks the stability"), "\(again.errors)")
      #expect(try !page().contains("Stability of recurrence"))
      #expect(FileManager.default.fileExists(atPath: folder.path + "/figures/loss.svg"))
    }
  }

  @Test func `predicts numbers and classes of a table`() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("wine.csv").path
      var text = "id,acid,kind\n"
      for row in 0..<150 { text += "n\(row),\(row % 3).\(row % 7),\"red, \(row % 3)\"\n" }
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let run = folder.appendingPathComponent("run").path
      let training = try backflow.run(
        "train", "csv", path, "--target", "kind", "--exclude", "id", "--no-report", "--save", run,
        "--quiet")
      #expect(training.status == 0 && training.output.contains("accuracy 100.00 %"), "\(training)")
      let predicted = try backflow.run("predict", run, path, "--keep", "id")
      let lines = predicted.output.split(separator: "\n")
      #expect(
        lines[0]
          == #"id,prediction,"probability red, 0","probability red, 1","probability red, 2""#)
      #expect(lines.count == 151 && lines[2].hasPrefix(#"n1,"red, 1","#), "\(lines[2])")
      let table = try DataTable(csvText: predicted.output)
      let sums = try (0..<3).map { try table.numbers("probability red, \($0)") }
      for row in 0..<150 { #expect(abs(sums.reduce(0) { $0 + $1[row] } - 1) < 1e-5) }

      // The target may be missing, and columns may be in another order.
      try "acid,id\n1.5,q\n".write(toFile: path, atomically: true, encoding: .utf8)
      let output = folder.appendingPathComponent("out.csv").path
      #expect(try backflow.run("predict", run, path, "--output", output).status == 0)
      #expect(try String(contentsOfFile: output, encoding: .utf8).contains("\"red, 1\",0.0"))
      try "acid,id\n1.5,q\n,r\n".write(toFile: path, atomically: true, encoding: .utf8)
      let hole = try backflow.run("predict", run, path)
      #expect(hole.status == 65 && hole.errors.contains("line 3"), "\(hole.errors)")
      #expect(hole.errors.contains("only one with --missing fill predicts"))
      try "id\nq\n".write(toFile: path, atomically: true, encoding: .utf8)
      let wrong = try backflow.run("predict", run, path)
      #expect(wrong.status == 65 && wrong.output == "" && wrong.errors.contains("column acid"))
    }
  }

  @Test func `is the moving average, also without early stopping`() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("t.csv").path
      try ("a,b\n" + (0..<100).map { "\($0 % 9),\($0 % 9 * 2)\n" }.joined()).write(
        toFile: path, atomically: true, encoding: .utf8)
      let run = folder.appendingPathComponent("run").path
      let training = try backflow.run(
        "train", "csv", path, "--target", "b", "--average", "0.9", "--epochs", "3", "--save", run)
      #expect(training.status == 0 && training.errors.isEmpty, "\(training.errors)")
      let held = try #require(training.output.split(separator: "\n").first { $0.hasPrefix("held") })
      let evaluated = try backflow.run("evaluate", run)
      #expect("held out: " + evaluated.output == held + "\n")
      #expect(try backflow.run("predict", run, path).output.split(separator: "\n").count == 101)
      let output = folder.appendingPathComponent("n.safetensors").path
      #expect(try backflow.run("convert", run, output).status == 0)
      let checkpoint = try Checkpoint(contentsOf: run + "/checkpoint.safetensors")
      let network = try Checkpoint(contentsOf: output)
      #expect(network.tensors.keys.contains("0.weight") && network.tensors.count == 6)
      #expect(
        try network["0.weight"]?.elements() == checkpoint["average.module.0.weight"]?.elements())
    }
  }

  @Test func `is measured on a file like that of its training`() throws {
    try withTemporaryFolder { folder in
      func write(_ name: String, _ text: String) throws -> String {
        let path = folder.appendingPathComponent(name).path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
      }
      let rows = (0..<90).map { "\($0 % 7),\(["x", "y"][$0 % 7 / 4])\n" }.joined()
      let table = try write("t.csv", "a,b\n" + rows)
      let run = folder.appendingPathComponent("run").path
      func train(_ arguments: String...) throws {
        let training = try backflow.run(
          ["train"] + arguments + ["--no-report", "--replace", "--quiet", "--save", run])
        #expect(training.status == 0, "\(training.errors)")
      }
      try train("csv", table, "--target", "b", "--missing", "drop", "--epochs", "20")
      let holes = try write("holes.csv", "b,a\nx,1\ny,\ny,6\n")
      let measured = try backflow.run("evaluate", run, holes)
      #expect(measured.status == 0 && measured.output.contains("accuracy 100.00 %"), "\(measured)")
      let predicted = try backflow.run("predict", run, table, "--keep", "a")
      #expect(predicted.output.hasPrefix("a,prediction,probability x,probability y\n0,x,"))
      #expect(predicted.errors.isEmpty)

      let text = try write("t.txt", String(repeating: "abc ", count: 600))
      try train(
        "text", text, "--hidden", "8", "--layers", "1", "--epochs", "3", "--batch", "2", "--steps",
        "8")
      #expect(try backflow.run("evaluate", run, text).status == 0)
      let other = try write("o.txt", "abc xyz")
      let unknown = try backflow.run("evaluate", run, other)
      #expect(unknown.status == 65 && unknown.errors.contains("o.txt, line 1: character 4"))
      let prompt = try backflow.run("sample", run, "--prompt", "q")
      #expect(prompt.status == 65 && prompt.errors.contains("--prompt: "))

      let x = StoredTensor(Tensor<Float>.ones([20, 3, 2]))
      let labels = folder.appendingPathComponent("labels.npz").path
      try Checkpoint(["x": x, "y": StoredTensor((0..<20).map { $0 % 2 }, shape: [20])])
        .write(to: labels)
      let numbers = folder.appendingPathComponent("numbers.npz").path
      try Checkpoint(["x": x, "y": StoredTensor(Tensor<Float>.ones([20, 2]))]).write(to: numbers)
      try train("sequence", labels, "--hidden", "4", "--epochs", "1")
      #expect(try backflow.run("evaluate", run, labels).output.contains("accuracy"))
      let wrong = try backflow.run("evaluate", run, numbers)
      #expect(wrong.status == 65 && wrong.errors.contains("y is not like that of the training"))
    }
  }

  @Test func `writes a text, the same for the same seed`() throws {
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("t.txt").path
      try String(repeating: "abc ", count: 1500).write(
        toFile: path, atomically: true, encoding: .utf8)
      let run = folder.appendingPathComponent("run").path
      for tokens in ["characters", "bytes"] {
        let training = try backflow.run(
          "train", "text", path, "--tokens", tokens, "--hidden", "16", "--layers", "1", "--epochs",
          "10", "--batch", "4", "--steps", "16", "--no-report", "--save", run, "--replace",
          "--quiet")
        #expect(training.status == 0, "\(training.errors)")
        let sampled = try backflow.run(
          "sample", run, "--prompt", "a", "--length", "11", "--temperature", "0")
        #expect(sampled.output == "bc abc abc \n", "\(sampled)")
        let draws = try (0..<3).map {
          try backflow.run("sample", run, "--prompt", "c", "--seed", "\($0 / 2)", "--top-k", "3")
            .output
        }
        #expect(draws[0] == draws[1])
      }
      let digits = folder.appendingPathComponent("digits").path
      _ = try backflow.run(
        "train", "digits", "--epochs", "1", "--hidden", "4", "--no-report", "--save", digits)
      let wrong = try backflow.run("sample", digits)
      #expect(wrong.status == 65 && wrong.errors.contains("does not write texts"))
      let table = try backflow.run("predict", digits, path)
      #expect(table.status == 65 && table.errors.contains("needs a run of `backflow train csv`"))
      let none = try backflow.run("evaluate", folder.path + "/nothing")
      #expect(none.status == 66 && none.errors.contains("there is no run"))
    }
  }
}
