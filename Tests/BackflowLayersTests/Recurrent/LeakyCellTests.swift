import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A leaky recurrent network` {
  @Test func `with a leak of 1 is a vanilla network`() {
    func check<S: RealScalar>(_: S.Type) {
      for nonlinearity in Nonlinearity.allCases {
        var random = RandomSource(seed: 1)
        var vanilla = RNN<S>(
          inputSize: 3, hiddenSize: 5, nonlinearity: nonlinearity, using: &random)
        vanilla.cells[0][0].weights.inputBias = random.normal([5])
        let leaky = vanilla.mapCells {
          LeakyCell<S>($0.weights, nonlinearity: nonlinearity, leak: 1)
        }
        let x: Tensor<S> = random.normal([7, 4, 3])
        #expect(leaky.forward(x).output == vanilla.forward(x).output)
      }
    }
    check(Float.self)
    check(Double.self)
  }

  // Without weights, h_t = (1 − α)^t h_0 + (1 − (1 − α)^t) φ(b).
  @Test(arguments: [0, 0.01, 0.3, 1]) func `relaxes to the value of its bias`(leak: Double) {
    let cell = LeakyCell<Double>(
      GateWeights(
        input: .zeros([2, 1]), recurrent: .zeros([2, 2]), inputBias: Tensor([0.5, -2]),
        recurrentBias: Tensor([0.25, 0])), leak: leak)
    let h0 = Tensor<Double>(rows: [[3, -1]])
    let output = cell.forward(.zeros([20, 1, 1]), from: h0, active: .all(time: 20, batch: 1)).output
    for t in 0..<20 {
      let kept = Foundation.pow(1 - leak, Double(t + 1))
      let expected = [
        kept * 3 + (1 - kept) * Foundation.tanh(0.75), -kept + (1 - kept) * Foundation.tanh(-2),
      ]
      expectClose(
        output.select(t).elements, expected, Tolerance(Double.self, length: 40, scale: 3))
    }
  }

  @Test func `keeps its leak and nonlinearity in a copy of the other precision`() {
    var random = RandomSource(seed: 2)
    let network = LeakyRNN<Float>(
      inputSize: 2, hiddenSize: 3, nonlinearity: .relu, leak: 0.25, layers: 2, using: &random)
    let copy = LeakyRNN<Double>(network)
    for cell in copy.cells.joined() {
      #expect(cell.leak == 0.25 && cell.nonlinearity == .relu)
      #expect(cell.equations == .leaky(.relu, leak: 0.25))
    }
  }

  @Test func `stops for a leak that is not in 0...1`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      _ = LeakyRNN<Float>(inputSize: 2, hiddenSize: 3, leak: 1.5, using: &random)
    }
    #expect(stopMessage(result).contains("the leak must be at least 0 and at most 1, got 1.5"))
  }
}
