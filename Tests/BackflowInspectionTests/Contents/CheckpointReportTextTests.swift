import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The text of a checkpoint's report` {
  private static let files: [String] = {
    let all = FileManager.default.enumerator(atPath: torchFixtures.path)?.compactMap {
      $0 as? String
    }
    return (all ?? []).filter { $0.hasSuffix(".pt") || $0.hasSuffix(".pkl") }.sorted()
  }()

  @Test func `is at most 120 columns wide for files of PyTorch`() throws {
    var count = 0
    for file in Self.files {
      let path = torchFixtures.appendingPathComponent(file).path
      guard let checkpoint = try? Checkpoint(contentsOf: path),
        let report = try? CheckpointReport(of: checkpoint)
      else { continue }
      count += 1
      let lines = report.description.split(separator: "\n")
      #expect(lines[0].hasPrefix(path + ": "))
      #expect(lines.dropFirst().allSatisfy { $0.count <= 120 && $0.last != " " }, "\(file)")
    }
    #expect(count > 60)
  }

  @Test func `has a table with aligned columns and a legend`() throws {
    let checkpoint = Checkpoint([
      "weight": StoredTensor(Tensor<Double>(rows: [[0, 2], [-2, 0]])),
      "bias": StoredTensor(Tensor<Float>([0.25, 0.75])),
    ])
    let lines = try CheckpointReport(of: checkpoint).description.components(separatedBy: "\n")
    #expect(
      lines.prefix(5) == [
        "checkpoint: 2 tensors, 6 elements, 40 bytes", "",
        "  tensor  shape   type     mean   std  max |x|  scale  σ_max  σ_min  rank",
        "  weight  [2, 2]  float64     0  1.41        2   3.46      2      2     2",
        "  bias    [2]     float32   0.5  0.25     0.75",
      ])
    #expect(lines[5].hasPrefix("  scale: the standard deviation relative to 1/√(3·fan-in)"))
    #expect(!lines.contains("findings") && !lines.contains("metadata"))
  }

  @Test func `gives a long name a line of its own, and escapes names`() throws {
    let name = String(repeating: "module.", count: 8) + "bias"
    let checkpoint = Checkpoint([
      name: StoredTensor(Tensor<Float>([1, 2])),
      "line\nbreak\u{1B}[2J": StoredTensor(Tensor<Float>([1, 2])),
    ])
    let lines = try CheckpointReport(of: checkpoint).description.components(separatedBy: "\n")
    let place = try #require(lines.firstIndex(of: "  " + name))
    #expect(lines[place + 1].hasPrefix("   ") && lines[place + 1].contains("[2]"))
    #expect(lines.contains { $0.contains("line\\nbreak\\u{1B}[2J") })
  }

  @Test func `has findings and recurrent layers with figures`() throws {
    let checkpoint = Checkpoint([
      "rnn.weight_hh_l0": StoredTensor(Tensor<Double>(rows: [[0, -0.5], [0.5, 0]])),
      "rnn.bias_hh_l0": StoredTensor(Tensor<Double>.zeros([2])),
    ])
    let text = try CheckpointReport(of: checkpoint).description
    #expect(text.contains("\n\nfindings\n  rnn.bias_hh_l0: all 2 elements are zero\n"))
    #expect(
      text.hasSuffix(
        """


        recurrent layers
          rnn.weight_hh_l0: RNN, 2 units, with biases
            gate  spectral radius  σ_max  mean bias
            h                 0.5    0.5          0
        """))
  }

  @Test func `shows a bounded part of the metadata`() throws {
    var checkpoint = Checkpoint()
    for index in 10..<50 { checkpoint.metadata["key\(index)"] = String(repeating: "v", count: 500) }
    let lines = try CheckpointReport(of: checkpoint).description.components(separatedBy: "\n")
    #expect(lines.count == 1 + 1 + 1 + 12 + 1 && lines.last == "  … 28 more")
    #expect(lines[3] == "  key10: " + String(repeating: "v", count: 59) + "…")
  }
}
