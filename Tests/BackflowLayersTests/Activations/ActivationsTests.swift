import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `An activation` {
  private func expect(_ actual: Tensor<Double>, _ expected: [Double], _ what: String) {
    expectClose(actual.elements, expected, Tolerance(Double.self, length: 4, scale: 1), what)
  }

  @Test func `agrees with its closed form`() {
    let x = Tensor<Double>([-2, -0.5, 0, 1])
    let e = M_E
    expect(ReLU()(x), [0, 0, 0, 1], "ReLU")
    expect(LeakyReLU(slope: 0.25)(x), [-0.5, -0.125, 0, 1], "leaky ReLU")
    expect(ELU(alpha: 2)(x), [2 / (e * e) - 2, 2 / e.squareRoot() - 2, 0, 1], "ELU")
    expect(Sigmoid()(x), [1 / (1 + e * e), 1 / (1 + e.squareRoot()), 0.5, e / (1 + e)], "sigmoid")
    expect(SiLU()(x), [-2 / (1 + e * e), -0.5 / (1 + e.squareRoot()), 0, e / (1 + e)], "SiLU")
    expect(Softplus()(x), x.elements.map { log(1 + exp($0)) }, "softplus")
    expect(GELU()(x), x.elements.map { $0 / 2 * erfc(-$0 / 2.0.squareRoot()) }, "GELU")
    expect(
      GELU(.tanh)(x),
      x.elements.map {
        $0 / 2 * (1 + tanh((2 / .pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
      },
      "GELU by tanh")
  }

  @Test func `has gradient 0 for negative inputs of ReLU, and at 0 like PyTorch`() {
    let layer = ReLU<Double>()
    let cache = layer.forward(Tensor([-1, 0, 2])).cache
    #expect(layer.inputGradient(Tensor([5, 6, 7]), cache) == Tensor([0, 0, 7]))
    let leaky = LeakyReLU<Double>(slope: 0.5)
    #expect(
      leaky.inputGradient(Tensor([4, 6, 8]), leaky.forward(Tensor([-1, 0, 2])).cache)
        == Tensor([2, 3, 8]))
  }

  @Test func `propagates infinity and NaN only within elements`() {
    let x = Tensor<Float>([-.infinity, .infinity, .nan])
    for y in [SiLU()(x), GELU()(x), GELU(.tanh)(x), Softplus()(x)] {
      #expect(y[0] == 0 && y[1] == .infinity && y[2].isNaN)
    }
    let y = ELU<Float>()(x)
    #expect(y[0] == -1 && y[1] == .infinity && y[2].isNaN)
  }

  @Test func `differs by less than 5e-4 between the two forms of GELU`() {
    let x = Tensor<Double>((-60...60).map { Double($0) / 10 })
    let difference = (GELU()(x) - GELU(.tanh)(x)).maxMagnitude()
    #expect(difference > 1e-4 && difference < 5e-4)
  }

  @Test func `stops with both shapes for a gradient of another shape`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = GELU<Float>()
      _ = layer.inputGradient(.zeros([2, 4]), layer.forward(.zeros([2, 3])).cache)
    }
    #expect(stopMessage(result).contains("GELU: output gradient [2, 4] instead of [2, 3]"))
  }
}

@Suite struct `A softmax` {
  @Test func `sums to one along the last axis, even for large logits`() {
    let y = Softmax<Double>()(Tensor(rows: [[1000, 1000], [0, -1000]]))
    #expect(y == Tensor(rows: [[0.5, 0.5], [1, 0]]))
  }

  @Test func `has a gradient that sums to zero`() {
    let layer = Softmax<Double>()
    let cache = layer.forward(Tensor(rows: [[0, log(3)]])).cache
    let gradient = layer.inputGradient(Tensor(rows: [[1, 0]]), cache)
    expectClose(
      gradient.elements, [0.1875, -0.1875], Tolerance(Double.self, length: 2, scale: 1))
  }

  @Test func `has a logarithm that does not underflow`() {
    let layer = LogSoftmax<Double>()
    let (y, cache) = layer.forward(Tensor(rows: [[0, -1000]]))
    #expect(y == Tensor(rows: [[0, -1000]]))
    #expect(layer.inputGradient(Tensor(rows: [[0, 1]]), cache) == Tensor(rows: [[-1, 1]]))
  }
}
