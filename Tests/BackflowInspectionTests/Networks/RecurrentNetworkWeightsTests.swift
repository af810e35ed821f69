import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `The weights of a recurrent network` {
  @Test func `are those of the network that was saved, layer by layer`() throws {
    var random = RandomSource(seed: 3)
    let lstm = LSTM<Double>(
      inputSize: 2, hiddenSize: 3, layers: 2, bidirectional: true, using: &random)
    var checkpoint = try Checkpoint(lstm, prefix: "m.lstm")
    checkpoint.tensors.reverse()
    let networks = RecurrentNetworkWeights.all(in: checkpoint)
    #expect(networks.map(\.name) == ["m.lstm"])
    #expect(networks[0].isComplete && networks[0].kind == .lstm)
    #expect([networks[0].hiddenSize, networks[0].inputSize, networks[0].cellCount] == [3, 2, 4])
    let weights = try networks[0].parameters()
    let input: Tensor<Double> = random.normal([5, 2, 2])
    let rebuilt = LSTM<Double>(cells: weights.map { $0.map { LSTMCell($0) } })
    #expect(rebuilt.forward(input, .evaluation).output == lstm.forward(input, .evaluation).output)
  }

  @Test func `take a missing bias as zero`() throws {
    var random = RandomSource(seed: 3)
    var checkpoint = try Checkpoint(GRU<Double>(inputSize: 2, hiddenSize: 3, using: &random))
    checkpoint["bias_hh_l0"] = StoredTensor(Tensor<Double>.ones([9]))
    checkpoint.tensors.removeValue(forKey: "bias_ih_l0")
    let cell = try RecurrentNetworkWeights.all(in: checkpoint)[0].parameters()[0][0]
    #expect(cell.inputBias == .zeros([9]) && cell.recurrentBias == .ones([9]))
    checkpoint.tensors.removeValue(forKey: "bias_hh_l0")
    #expect(try !RecurrentNetworkWeights.all(in: checkpoint)[0].parameters()[0][0].hasBias)
  }

  /// The reason why a changed LSTM of two layers cannot be used.
  private func reason(_ change: (inout Checkpoint) -> Void) throws -> RecurrentNetworkError? {
    var random = RandomSource(seed: 3)
    let lstm = LSTM<Double>(inputSize: 2, hiddenSize: 3, layers: 2, using: &random)
    var checkpoint = try Checkpoint(lstm, prefix: "a")
    change(&checkpoint)
    do throws(RecurrentNetworkError) {
      _ = try RecurrentNetworkWeights.all(in: checkpoint)[0].parameters()
      return nil
    } catch {
      return error
    }
  }

  @Test func `name the tensor that is missing or does not fit, and what is expected`() throws {
    #expect(try reason { _ in } == nil)
    #expect(
      try reason { $0.tensors.removeValue(forKey: "a.weight_ih_l1") }
        == .missingInputWeight(beside: "a.weight_hh_l1", expected: "[12, 3]"))
    #expect(
      try reason { $0["a.weight_ih_l0"] = StoredTensor(Tensor<Double>.zeros([9, 2])) }
        == .mismatch(tensor: "a.weight_ih_l0", shape: [9, 2], expected: "[12, I]"))
    #expect(
      try reason { $0["a.weight_ih_l1"] = StoredTensor(Tensor<Double>.zeros([12, 2])) }
        == .mismatch(
          tensor: "a.weight_ih_l1", shape: [12, 2], expected: "[12, 3], to read the layer below"))
    #expect(
      try reason { $0["a.bias_hh_l1"] = StoredTensor(Tensor<Double>.zeros([3])) }
        == .mismatch(tensor: "a.bias_hh_l1", shape: [3], expected: "[12]"))
    #expect(
      try reason {
        for part in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
          $0.tensors.removeValue(forKey: "a.\(part)_l0")
        }
      } == .incomplete(network: "a", layers: ["a.weight_hh_l1"]))
  }

  @Test func `name the element that is not finite`() throws {
    var sick = Tensor<Double>.zeros([12, 3])
    sick[7, 2] = -.infinity
    #expect(
      try reason { $0["a.weight_hh_l1"] = StoredTensor(sick) }
        == .notFinite(tensor: "a.weight_hh_l1", element: [7, 2], value: -.infinity))
    let error = try reason {
      $0["a.bias_ih_l0"] = StoredTensor(Tensor<Double>(repeating: .nan, shape: [12]))
    }
    #expect(error?.description == "element [0] of a.bias_ih_l0 is nan: expected finite numbers")
  }
}
