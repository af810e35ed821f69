import Backflow
import TestSupport
import Testing

@Suite struct `A last-step layer` {
  let sequence = Tensor<Float>((0..<12).map(Float.init), shape: [3, 2, 2])

  @Test func `returns the last step, and a gradient that is zero at other steps`() {
    let (y, cache) = LastStep<Float>().forward(sequence)
    #expect(y == Tensor(rows: [[8, 9], [10, 11]]))
    let gradient = LastStep<Float>().inputGradient(Tensor(rows: [[1, 2], [3, 4]]), cache)
    #expect(gradient == Tensor([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], shape: [3, 2, 2]))
  }

  @Test func `connects a recurrence and a dense layer, with the same bits as the single passes`() {
    var random = RandomSource(seed: 3)
    let lstm = LSTM<Float>(inputSize: 2, hiddenSize: 4, using: &random)
    let readout = Dense<Float>(inputSize: 4, outputSize: 3, using: &random)
    let model = Sequential<Float> {
      lstm
      LastStep()
      readout
    }
    let (logits, cache) = model.forward(sequence)
    let top: Tensor<Float> = random.normal([2, 3])
    let (inputGradient, gradients) = model.backward(top, cache)

    let (states, statesCache) = lstm.forward(sequence)
    let (expected, readoutCache) = readout.forward(states.select(2))
    let (last, readoutGradients) = readout.backward(top, readoutCache)
    let zeros = Tensor<Float>.zeros([2, 4])
    let (x, lstmGradients) = lstm.backward(.stack([zeros, zeros, last]), statesCache)
    #expect(logits == expected && inputGradient == x)
    #expect(
      gradients.namedParameters.map(\.value)
        == (lstmGradients.namedParameters + readoutGradients.namedParameters).map(\.value))
    #expect(gradients.namedParameters.map(\.name).first == "0.weight_ih_l0")
  }

  @Test func `stops for an empty sequence`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LastStep<Float>()(.zeros([0, 2, 2]))
    }
    #expect(stopMessage(result).contains("LastStep: input [0, 2, 2]"))
  }
}
