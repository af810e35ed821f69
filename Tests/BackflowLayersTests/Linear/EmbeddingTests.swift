import Backflow
import TestSupport
import Testing

@Suite struct `An embedding` {
  let layer = Embedding<Double>(weight: Tensor(rows: [[1, 2], [3, 4], [5, 6]]))

  @Test func `returns rows in the shape of the indices`() {
    #expect(layer.forward([2, 0, 2]).output == Tensor(rows: [[5, 6], [1, 2], [5, 6]]))
    #expect(layer.forward([2, 0, 1, 1], shape: [2, 2]).output.shape == [2, 2, 2])
    #expect(layer.forward([]).output.shape == [0, 2])
  }

  @Test func `adds the gradients of repeated indices, with zeros for the others`() {
    let cache = layer.forward([2, 0, 2, 2]).cache
    let gradient = layer.backward(Tensor(rows: [[1, 10], [2, 20], [3, 30], [4, 40]]), cache)
    #expect(gradient.weight == Tensor(rows: [[2, 20], [0, 0], [8, 80]]))
  }

  @Test func `stops for an index outside the table`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Embedding<Float>(weight: .zeros([3, 2])).forward([0, 3])
    }
    #expect(stopMessage(result).contains("index 3"))
    #expect(stopMessage(result).contains("3 rows"))
  }
}
