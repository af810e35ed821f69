import Backflow
import TestSupport
import Testing

@Suite struct `A dense layer` {
  let layer = Dense<Double>(
    weight: Tensor(rows: [[1, 2, 3], [4, 5, 6]]), bias: Tensor([10, 20]))

  @Test func `maps each row x to x Wᵀ + b`() {
    let x = Tensor<Double>(rows: [[1, 0, 0], [0, 1, 0], [1, 1, 1], [0, 0, 0]])
    #expect(layer(x) == Tensor(rows: [[11, 24], [12, 25], [16, 35], [10, 20]]))
  }

  @Test func `preserves leading axes`() {
    #expect(layer(.zeros([4, 2, 3])).shape == [4, 2, 2])
    #expect(layer(.zeros([3])) == Tensor([10, 20]))
    #expect(layer(.zeros([0, 3])).shape == [0, 2])
  }

  @Test func `adds its gradients over all rows`() {
    let x = Tensor<Double>([1, 2, 3, 4, 5, 6], shape: [2, 1, 3])
    let (input, gradients) = layer.backward(
      Tensor([1, 0, 0, 10], shape: [2, 1, 2]), layer.forward(x).cache)
    #expect(input == Tensor([1, 2, 3, 40, 50, 60], shape: [2, 1, 3]))
    #expect(gradients.weight == Tensor(rows: [[1, 2, 3], [40, 50, 60]]))
    #expect(gradients.bias == Tensor([1, 10]))
  }

  @Test func `stops with both shapes if the input does not fit`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dense<Float>(weight: .zeros([2, 3]), bias: .zeros([2]))(.zeros([5, 4]))
    }
    #expect(stopMessage(result).contains("[5, 4]"))
    #expect(stopMessage(result).contains("[2, 3]"))
  }

  @Test func `stops with both shapes for an output gradient of another shape`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Dense<Float>(weight: .zeros([2, 3]), bias: .zeros([2]))
      _ = layer.backward(.zeros([2, 2, 2]), layer.forward(.zeros([4, 3])).cache)
    }
    #expect(stopMessage(result).contains("[2, 2, 2] instead of [4, 2]"))
  }
}
