import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `A vanilla RNN` {
  @Test(
    arguments: [(1, 1, 1, 1), (4, 3, 2, 5), (7, 5, 3, 17), (3, 8, 4, 33)],
    Nonlinearity.allCases)
  func `agrees with its equations for each unit`(
    sizes: (time: Int, batch: Int, input: Int, hidden: Int),
    nonlinearity: Nonlinearity
  ) {
    var random = RandomSource(seed: 5)
    let (T, B, I, H) = sizes
    let layer = VanillaCell<Double>(
      GateWeights(
        input: random.normal([H, I]),
        recurrent: random.normal([H, H], standardDeviation: 0.4),
        inputBias: random.normal([H]), recurrentBias: random.normal([H])),
      nonlinearity: nonlinearity)
    let x: Tensor<Double> = random.normal([T, B, I])
    let h0: Tensor<Double> = random.normal([B, H])

    var expected: [Double] = []
    var previous = h0
    for t in 0..<T {
      var state: [Double] = []
      for b in 0..<B {
        for unit in 0..<H {
          var a = layer.weights.biasSum[unit]
          for i in 0..<I { a += layer.weights.input[unit, i] * x[t, b, i] }
          for j in 0..<H { a += layer.weights.recurrent[unit, j] * previous[b, j] }
          switch nonlinearity {
          case .tanh: state.append(Foundation.tanh(a))
          case .relu: state.append(max(a, 0))
          case .sigmoid: state.append(1 / (1 + Foundation.exp(-a)))
          }
        }
      }
      expected += state
      previous = Tensor(state, shape: [B, H])
    }
    let output = layer.forward(x, from: h0, active: .all(time: T, batch: B)).output
    #expect(output.shape == [T, B, H])
    let scale = max(1, output.maxMagnitude())
    expectClose(
      output.elements, expected, Tolerance(Double.self, length: T * (I + H), scale: scale))
  }

  @Test func `starts from zeros if no state is given`() {
    var random = RandomSource(seed: 5)
    let layer = RNN<Float>(inputSize: 3, hiddenSize: 4, using: &random)
    let x: Tensor<Float> = random.normal([2, 3, 3])
    #expect(layer(x) == layer.forward(x, initialState: [.zeros([3, 4])]).output)
  }

  @Test func `continues from the final state of a window`() {
    var random = RandomSource(seed: 6)
    let layer = RNN<Double>(inputSize: 3, hiddenSize: 4, using: &random)
    let x: Tensor<Double> = random.normal([6, 2, 3])
    var states: [Tensor<Double>]?
    let halves = x.windows(ofSteps: 2).map { window in
      let (output, finalState, _) = layer.forward(window, initialState: states)
      states = finalState
      return output
    }
    #expect(halves.count == 3)
    #expect(layer(x) == Tensor.concatenate(halves))
  }

  @Test func `returns empty output and zero gradients for an empty sequence`() {
    var random = RandomSource(seed: 7)
    let layer = RNN<Double>(inputSize: 3, hiddenSize: 4, using: &random)
    let (output, cache) = layer.forward(.zeros([0, 2, 3]))
    #expect(output.shape == [0, 2, 4])
    let (input, state, gradients) = layer.backward(output, finalStateGradient: nil, cache)
    #expect(input.shape == [0, 2, 3])
    #expect(state == [.zeros([2, 4])])
    #expect(gradients.namedParameters.allSatisfy { $0.value.maxMagnitude() == 0 })
  }

  @Test func `accepts an empty batch`() {
    var random = RandomSource(seed: 7)
    let layer = RNN<Double>(inputSize: 3, hiddenSize: 4, using: &random)
    let (output, cache) = layer.forward(.zeros([5, 0, 3]))
    #expect(output.shape == [5, 0, 4])
    let (input, gradients) = layer.backward(output, cache)
    #expect(input.shape == [5, 0, 3])
    #expect(gradients.cells[0][0].weights.recurrent == .zeros([4, 4]))
  }

  @Test func `propagates NaN`() {
    var random = RandomSource(seed: 8)
    let layer = RNN<Float>(inputSize: 2, hiddenSize: 3, using: &random)
    var x: Tensor<Float> = random.normal([3, 2, 2])
    x[1, 0, 0] = .nan
    let output = layer(x)
    #expect(output.select(0).isFinite)
    #expect(output.select(0, axis: 1).slice(1..<3).nonfiniteCount == 6)
    #expect(output.select(1, axis: 1).isFinite)
  }

  @Test func `has a Jacobian that agrees with finite differences`() {
    for nonlinearity in Nonlinearity.allCases {
      var random = RandomSource(seed: 9)
      let layer = VanillaCell<Double>(
        inputSize: 2, hiddenSize: 4, nonlinearity: nonlinearity, using: &random
      ).drawn(using: &random)
      let all = ActiveSamples.all(time: 1, batch: 3)
      let x: Tensor<Double> = random.normal([1, 3, 2])
      let h0: Tensor<Double> = random.normal([3, 4])
      let jacobian = layer.stateJacobian(
        step: 0, sample: 1, layer.forward(x, from: h0, active: all).cache)
      let step = 1e-5
      var numeric: [Double] = []
      for unit in 0..<4 {
        for other in 0..<4 {
          var (above, below) = (h0, h0)
          above[1, other] += step
          below[1, other] -= step
          let difference =
            layer.forward(x, from: above, active: all).output[0, 1, unit]
            - layer.forward(x, from: below, active: all).output[0, 1, unit]
          numeric.append(difference / (2 * step))
        }
      }
      #expect(jacobian.maxMagnitude() > 0.1)
      expectClose(jacobian.elements, numeric, Tolerance(1e-8, scale: 1))
    }
  }

  @Test func `has PyTorch's parameter names, order and shapes`() {
    var random = RandomSource(seed: 1)
    let layer = RNN<Float>(inputSize: 3, hiddenSize: 5, using: &random)
    #expect(
      layer.namedParameters.map(\.name) == [
        "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
      ])
    #expect(layer.namedParameters.map(\.value.shape) == [[5, 3], [5, 5], [5], [5]])
    #expect(layer.parameterCount == 50)
  }

  @Test func `stops with both shapes if the input does not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      _ = RNN<Float>(inputSize: 3, hiddenSize: 5, using: &random)(.zeros([7, 2, 4]))
    }
    #expect(stopMessage(result).contains("[7, 2, 4]"))
    #expect(stopMessage(result).contains("[T, B, 3]"))
  }
}
