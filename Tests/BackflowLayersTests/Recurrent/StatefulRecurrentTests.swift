import Backflow
import TestSupport
import Testing

@Suite("A stateful recurrent network") struct StatefulRecurrentTests {
  @Test(arguments: [[10], [1, 9], [4, 3, 3]])
  func `computes in batches what the network computes in one`(lengths: [Int]) {
    var random = RandomSource(seed: 1)
    let lstm = LSTM<Double>(inputSize: 3, hiddenSize: 4, layers: 2, using: &random)
    let x: Tensor<Double> = random.normal([10, 2, 3])
    var stateful = StatefulRecurrent(lstm, batch: 2)
    var (parts, start) = ([Tensor<Double>](), 0)
    for length in lengths {
      let (output, cache) = stateful.forward(x[start..<start + length], .training(seed: 1))
      stateful.updateBuffers(from: cache)
      parts.append(output)
      start += length
    }
    expectClose(
      Tensor<Double>.concatenate(parts, axis: 0).elements, lstm(x).elements,
      Tolerance(Double.self, length: 8, scale: 1))
    stateful.resetState(batch: 2)
    #expect(stateful(x) == lstm(x))
    #expect(stateful.prepared()(x) == lstm.prepared()(x))
  }

  @Test func `begins with zeros again in a batch of another size`() {
    var random = RandomSource(seed: 2)
    let gru = GRU<Float>(inputSize: 3, hiddenSize: 4, using: &random)
    let x: Tensor<Float> = random.normal([5, 3, 3])
    var model = Sequential<Float> {
      StatefulRecurrent(gru)
      Dense(inputSize: 4, outputSize: 2, using: &random)
    }
    model.resetState(batch: 3)
    let (first, cache) = model.forward(x)
    model.updateBuffers(from: cache)
    #expect(model(x) != first)
    model.resetState(batch: 3)
    #expect(model(x) == first)
  }

  @Test func `is saved with its state, and without it as the network`() throws {
    var random = RandomSource(seed: 3)
    let lstm = LSTM<Float>(inputSize: 3, hiddenSize: 4, layers: 2, using: &random)
    let x: Tensor<Float> = random.normal([5, 2, 3])
    var stateful = StatefulRecurrent(lstm, batch: 2)
    stateful.updateBuffers(from: stateful.forward(x).cache)
    let checkpoint = try Checkpoint(stateful)
    #expect(checkpoint["state.1.c"]?.shape == [2, 4])
    var other = StatefulRecurrent(
      LSTM<Float>(inputSize: 3, hiddenSize: 4, layers: 2, using: &random), batch: 2)
    try other.load(checkpoint)
    #expect(other(x) == stateful(x))
    var network = LSTM<Float>(inputSize: 3, hiddenSize: 4, layers: 2, using: &random)
    let rest = try network.load(checkpoint, strict: false)
    #expect(rest.missing.isEmpty && network(x) == lstm(x))
  }
}
