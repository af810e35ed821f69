import Backflow
import TestSupport
import Testing

@Suite struct `The report of a recurrent layer` {
  /// A rotation by a right angle, times `factor`: its eigenvalues are ±i·factor.
  private func rotation(_ factor: Double) -> Tensor<Double> {
    Tensor(rows: [[0, -factor], [factor, 0]])
  }

  /// A nilpotent matrix: its eigenvalues are 0, and its largest singular value is `factor`.
  private func shift(_ factor: Double) -> Tensor<Double> { Tensor(rows: [[0, factor], [0, 0]]) }

  @Test func `has the figures of each gate`() throws {
    let weight = Tensor<Double>.concatenate([rotation(0.5), shift(3), rotation(2), rotation(1)])
    let checkpoint = Checkpoint([
      "lstm.weight_hh_l0": StoredTensor(weight),
      "lstm.weight_ih_l0": StoredTensor(Tensor<Double>.ones([8, 5])),
      "lstm.bias_ih_l0": StoredTensor(Tensor<Double>([1, 3, 2, 2, 0, 0, -1, 1])),
      "lstm.bias_hh_l0": StoredTensor(Tensor<Double>([0, 0, 1, 1, 0, 0, 4, 4])),
    ])
    let layer = try #require(try CheckpointReport(of: checkpoint).recurrentLayers.first)
    #expect(layer.name == "lstm.weight_hh_l0" && layer.kind == .lstm)
    #expect(layer.inputSize == 5 && layer.hiddenSize == 2 && layer.hasBias)
    #expect(layer.gates.map(\.name) == ["i", "f", "g", "o"])
    let tolerance = Tolerance(Double.self, length: 2, scale: 3)
    expectClose(layer.gates.compactMap(\.spectralRadius), [0.5, 0, 2, 1], tolerance)
    expectClose(layer.gates.compactMap(\.largestSingularValue), [0.5, 3, 2, 1], tolerance)
    #expect(layer.gates.map(\.meanBias) == [2, 3, 0, 4])
  }

  @Test func `has no figures of a gate with NaN, and none of missing biases`() throws {
    var weight = Tensor<Double>.concatenate([rotation(0.5), rotation(1), rotation(2)])
    weight[2, 0] = .nan
    let checkpoint = Checkpoint(["weight_hh": StoredTensor(weight)])
    let layer = try #require(try CheckpointReport(of: checkpoint).recurrentLayers.first)
    #expect(layer.kind == .gru && !layer.hasBias && layer.inputSize == nil)
    #expect(layer.gates.map { $0.spectralRadius == nil } == [false, true, false])
    #expect(layer.gates.map { $0.largestSingularValue == nil } == [false, true, false])
    #expect(layer.gates.allSatisfy { $0.meanBias == nil })
  }

  @Test func `adds one bias to nothing`() throws {
    let checkpoint = Checkpoint([
      "Whh": StoredTensor(rotation(1)), "bh": StoredTensor(Tensor<Double>([1, 2])),
    ])
    let layer = try #require(try CheckpointReport(of: checkpoint).recurrentLayers.first)
    #expect(layer.kind == .rnn && layer.hasBias && layer.gates.map(\.meanBias) == [1.5])
  }

  @Test func `has no spectral radius of many units`() throws {
    let size = RecurrentLayerReport.maximumDecomposed + 1
    let checkpoint = Checkpoint(["weight_hh": StoredTensor(Tensor<Float>.zeros([size, size]))])
    let layer = try #require(try CheckpointReport(of: checkpoint).recurrentLayers.first)
    #expect(layer.hiddenSize == 513 && layer.gates.map(\.spectralRadius) == [nil])
  }
}
