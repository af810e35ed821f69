import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The files of backflow stability` {
  let backflow = Program(name: "backflow")

  private func run(_ folder: URL, _ arguments: String...) throws -> Program.Outcome {
    let path = folder.path + "/w_hh.npy"
    try NPY.write(Tensor<Double>(rows: [[0.5, 2], [0, -0.25]]), to: path)
    return try backflow.run(["stability", path, "--steps", "40", "--samples", "2"] + arguments)
  }

  @Test func `are figures of each layer`() throws {
    try withTemporaryFolder { folder in
      let target = folder.path + "/new/figures"
      let outcome = try run(folder, "--figures", target)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("figures: \(target) ("))
      let names = try FileManager.default.contentsOfDirectory(atPath: target)
      #expect(names.contains { $0.hasSuffix("w_hh-spectrum.svg") }, "\(names)")
      for name in names {
        let figure = try String(contentsOfFile: target + "/" + name, encoding: .utf8)
        #expect(figure.hasPrefix("<svg"))
      }
    }
  }

  @Test func `are arrays that can be read again`() throws {
    try withTemporaryFolder { folder in
      let target = folder.path + "/arrays.npz"
      let outcome = try run(folder, "--arrays", target, "--format", "json")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let layer = try #require(try JSONValue(text: outcome.output)["layers"]?[0])
      let name = try #require(layer["name"]?.text)
      let arrays = try Checkpoint(contentsOf: target)
      let exponents: Tensor<Double> = try #require(arrays[name + ".exponents"]).values()
      #expect(
        exponents.elements == layer["trajectory"]?["exponents"]?.items.compactMap(\.number))
      let matrix: Tensor<Double> = try #require(arrays[name + ".weight.matrix"]).values()
      #expect(matrix == Tensor(rows: [[0.5, 2], [0, -0.25]]))
    }
  }

  @Test func `are not written in part, and the report is not lost with them`() throws {
    try withTemporaryFolder { folder in
      #expect(try run(folder, "--arrays", folder.path + "/a.txt").status == 64)
      try Data().write(to: folder.appendingPathComponent("file"))
      for arguments in [
        ["--figures", folder.path + "/file"], ["--arrays", folder.path + "/none/a.npz"],
      ] {
        let outcome = try run(folder, arguments[0], arguments[1])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("verdict"))
        #expect(outcome.errors.contains(arguments[1]), "\(outcome.errors)")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(names) == ["file", "w_hh.npy"])
    }
  }

  @Test func `are not needed to compare with rounded weights`() throws {
    try withTemporaryFolder { folder in
      let outcome = try run(folder, "--round", "int8")
      #expect(outcome.output.contains("weights in int8"), "\(outcome.output) \(outcome.errors)")
      #expect(try run(folder, "--round", "int4").status == 64)
    }
  }
}
