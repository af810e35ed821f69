import Backflow
import Foundation
import Testing

/// A cell with a buffer and a counter, which the cells of the library do not have.
private struct CountedCell: RecurrentCell {
  typealias State = Tensor<Float>
  static var layout: CellLayout { CellLayout(gates: 1, gatesBecomeOutput: true) }
  var weights: GateWeights<Float>
  var buffer = Tensor<Float>.zeros([1])
  var count = 0

  init(_ weights: GateWeights<Float>) { self.weights = weights }
  func step(_ pass: borrowing ForwardPass<Float>) {}
  func stepBack(_ pass: borrowing BackwardPass<Float>) {}

  mutating func visitBuffers(_ visit: ParameterVisitor<Float>) { visit("buffer", &buffer) }
  mutating func visitCounters(_ visit: (String, inout Int) -> Void) { visit("count", &count) }
}

@Suite struct `A container` {
  /// Every container of the library, in others.
  private var model: Residual<Sequential<Float>> {
    var random = RandomSource(seed: 1)
    let recurrent = Recurrent<CountedCell>(
      inputSize: 1, hiddenSize: 1, bidirectional: true, bias: false, using: &random)
    return Residual(
      Sequential {
        Residual(BatchNorm<Float>(channels: 1))
        recurrent
        Sequential<Float> { BatchNorm(channels: 1, isAffine: false) }
        MultiHeadAttention(size: 1, heads: 1, using: &random)
      })
  }

  @Test func `passes on parameters, buffers and counters of all its parts`() {
    var model = model
    #expect(
      model.namedParameters.map(\.name) == [
        "body.0.body.weight", "body.0.body.bias", "body.1.weight_ih_l0", "body.1.weight_hh_l0",
        "body.1.weight_ih_l0_reverse", "body.1.weight_hh_l0_reverse", "body.3.in_proj_weight",
        "body.3.in_proj_bias", "body.3.out_proj.weight", "body.3.out_proj.bias",
      ])
    var buffers: [String] = []
    model.visitBuffers { name, _ in buffers.append(name) }
    #expect(
      buffers == [
        "body.0.body.running_mean", "body.0.body.running_var", "body.1.buffer_l0",
        "body.1.buffer_l0_reverse", "body.2.0.running_mean", "body.2.0.running_var",
      ])
    var counters: [String] = []
    model.visitCounters { name, _ in counters.append(name) }
    #expect(
      counters == [
        "body.0.body.num_batches_tracked", "body.1.count_l0", "body.1.count_l0_reverse",
        "body.2.0.num_batches_tracked",
      ])
  }

  @Test func `changes the buffers and counters that it visits`() {
    var model = model
    model.visitBuffers { $1 = $1 + 7 }
    model.visitCounters { $1 += 7 }
    var buffers: [Float] = []
    var counters: [Int] = []
    model.visitBuffers { buffers += $1.elements }
    model.visitCounters { counters.append($1) }
    #expect(buffers == [7, 8, 7, 7, 7, 8] && counters == [7, 7, 7, 7])
  }

  // A container that forgets them would lose them in every checkpoint.
  @Test func `in the sources passes on buffers and counters if it passes on parameters`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../..").standardized
    var containers = 0
    for folder in ["Sources", "Tests", "Benchmarks"] {
      let files = try #require(
        FileManager.default.enumerator(
          at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil))
      for case let file as URL in files where file.pathExtension == "swift" {
        let text = try String(contentsOf: file, encoding: .utf8)
        let name = file.lastPathComponent
        // The weights of a cell are tensors.
        if name == "RecurrentCell.swift" { continue }
        let passedOn = delegations(of: "visitParameters", in: text)
        containers += passedOn
        #expect(delegations(of: "visitBuffers", in: text) >= passedOn, "\(name)")
        #expect(delegations(of: "visitCounters", in: text) >= passedOn, "\(name)")
      }
    }
    #expect(containers >= 8)
  }

  /// Returns the number of methods with this name that call the same method of a part.
  private func delegations(of method: String, in text: String) -> Int {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.count { start in
      let header = lines[start]
      // A requirement of a protocol has no body.
      guard header.contains("mutating func \(method)(_ visit"), header.contains("{") else {
        return false
      }
      let indentation = header.prefix { $0 == " " }
      let end = lines[start...].firstIndex { $0 == indentation + "}" }
      let body = header.hasSuffix("}") ? lines[start...start] : lines[start...(end ?? start)]
      return body.contains { $0.contains(".\(method)") || $0.contains("visitCells") }
    }
  }
}
