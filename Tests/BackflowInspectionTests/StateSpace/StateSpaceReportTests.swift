import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The report of a state-space layer` {
  private let file = checkpoint([
    "m.A_log": Tensor(rows: [(1...5).map { log(Double($0)) }]),
    "m.dt_proj.bias": Tensor([inverseSoftplus(0.1)]),
  ])

  @Test func `has five numbers of the channels`() throws {
    let report = try #require(try CheckpointReport(of: file).stateSpaceLayers.first)
    #expect(report.kind == .mamba && report.shape == [1, 5] && report.decays.count == 1)
    let tolerance = Tolerance(Double.self, length: 4, scale: 1)
    expectClose(report.decays[0].modulus, [0.5, 0.4, 0.3, 0.2, 0.1].map { exp(-$0) }, tolerance)
    expectClose(
      report.decays[0].horizon.compactMap(\.self), [0.5, 0.4, 0.3, 0.2, 0.1].map { log(1e6) / $0 },
      Tolerance(Double.self, length: 4, scale: 140))
    #expect(report.decays[0].growingCount == 0 && report.decays[0].undefinedCount == 0)
  }

  @Test func `is text with a table and a consequence`() throws {
    let text = try CheckpointReport(of: file).description
    #expect(
      text.contains(
        """


        state-space layers
          m: Mamba, 1 channel × 5 states, float64: A_log, dt_proj.bias
                                               min    25 %  median    75 %     max
            Δ at zero input  |λ|            0.6065  0.6703  0.7408  0.8187  0.9048
                             steps to 10⁻⁶    27.6    34.5    46.1    69.1     138
            The recurrence itself cannot explode, because no |λ| is above 1 for any input. If a signal
        """))
  }

  @Test func `says once for consecutive layers what follows`() throws {
    var file = Checkpoint()
    for layer in 0..<3 {
      file["layers.\(layer).A_log"] = StoredTensor(Tensor<Float>([0, 1]))
      file["layers.\(layer).dt_bias"] = StoredTensor(Tensor<Float>([0, 1]))
    }
    file["nu_log"] = StoredTensor(Tensor<Float>([0, 1]))
    file["theta_log"] = StoredTensor(Tensor<Float>([0, 1]))
    let text = try CheckpointReport(of: file).description
    #expect(text.contains("layers.2: Mamba-2, 2 heads, float32: A_log, dt_bias"))
    #expect(text.contains("\n  LRU, 2 channels, float32: nu_log, theta_log"))
    #expect(text.ranges(of: "cannot explode").count == 2)
  }

  @Test func `counts the channels at 1, dead, growing and undefined`() throws {
    let file = checkpoint([
      "A": Tensor([-1e-9, -100, 0.5, .nan]), "dt_bias": Tensor([0, 5, 0, 0]),
    ])
    let report = try CheckpointReport(of: file)
    let decay = report.stateSpaceLayers[0].decays[0]
    #expect(decay.countAtOne == 1 && decay.deadCount == 1 && decay.growingCount == 1)
    #expect(decay.undefinedCount == 1 && decay.horizon.last == .some(nil))
    // The tensor itself has the finding about NaN.
    #expect(report.findings.map(\.kind) == [.nonFinite, .wrongSign])
    let text = report.description
    #expect(
      text.contains(
        "Δ at zero input: of 4 |λ|, 1 at 1 (within 1e-07), 1 dead (|λ| < 10⁻⁶), 1 above 1,"
          + " 1 undefined"))
    #expect(text.contains("A: 1 of 4 decay rates are positive"))
  }

  @Test func `is the same after encoding and decoding, with snake-case keys`() throws {
    let files = [
      file, checkpoint(["A": Tensor([-1, 0.5, .nan]), "dt_bias": .zeros([3])]),
      checkpoint(["nu_log": Tensor([0, 900]), "theta_log": Tensor([.infinity, 1])]),
      checkpoint(["A_log": .zeros([2])]),
    ]
    for file in files {
      for layer in try StateSpaceLayer.all(in: file) {
        let data = try JSONEncoder().encode(layer)
        #expect(try JSONDecoder().decode(StateSpaceLayer.self, from: data) == layer)
        let report = StateSpaceLayerReport(of: layer)
        let summary = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(StateSpaceLayerReport.self, from: summary) == report)
        let text = String(decoding: summary, as: UTF8.self)
        #expect(text.allSatisfy { !$0.isNewline } && text.contains("\"consequence\""))
        #expect(report.decays.isEmpty || text.contains("\"count_at_one\""))
        #expect(!layer.description.isEmpty && !report.description.isEmpty)
      }
    }
  }
}
