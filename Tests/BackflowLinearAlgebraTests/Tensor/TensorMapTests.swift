import Backflow
import TestSupport
import Testing

@Suite struct `A function of each element` {
  @Test func `is applied in order, in the shape of the tensor`() {
    let x = Tensor<Float>(rows: [[1, -2], [3, .infinity]])
    #expect(x.map { $0 > 0 ? $0 : 0 } == Tensor(rows: [[1, 0], [3, .infinity]]))
    #expect(Tensor<Double>(scalar: 2).map { $0 * $0 } == Tensor(scalar: 4))
    #expect(Tensor<Double>.zeros([0, 3]).map { _ in 1 } == .zeros([0, 3]))
  }

  @Test func `of two tensors pairs the elements`() {
    let x = Tensor<Double>(rows: [[1, 2, 3], [4, 5, 6]])
    let y = x.map { 10 * $0 }
    #expect(x.map(with: y) { $1 - $0 } == 9 * x)
  }

  @Test func `of two tensors of different shapes stops`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor<Float>.ones([2, 3]).map(with: .ones([3, 2])) { $0 + $1 }
    }
    #expect(stopMessage(result).contains("map: [2, 3] against [3, 2]"))
  }

  @Test func `can be written with spans, which copy shared elements first`() {
    var x = Tensor<Float>([1, 2, 3])
    let copy = x
    do {
      var elements = x.mutableSpan
      for i in elements.indices { elements[i] *= 2 }
    }
    #expect(x == Tensor([2, 4, 6]))
    #expect(copy.span[2] == 3)
  }
}
