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
      .gradients
    #expect(gradient.weight == Tensor(rows: [[2, 20], [0, 0], [8, 80]]))
  }

  @Test func `stops for an index outside the table`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Embedding<Float>(weight: .zeros([3, 2])).forward([0, 3])
    }
    #expect(stopMessage(result).contains("index 3"))
    #expect(stopMessage(result).contains("3 rows"))
  }

  @Test func `is the first layer of a sequence for a tensor of indices`() throws {
    let model = Sequential<Double> {
      layer
      Dense(weight: Tensor(rows: [[1, 1]]))
    }
    let words = Tensor<Double>(rows: [[2, 0], [1, 1]])
    let (y, cache) = model.forward(words)
    #expect(y == Tensor([11, 3, 7, 7], shape: [2, 2, 1]))
    let (inputGradient, gradients) = model.backward(.ones([2, 2, 1]), cache)
    #expect(inputGradient == .zeros([2, 2]))
    #expect(gradients.namedParameters[0].value == Tensor(rows: [[1, 1], [2, 2], [1, 1]]))
    #expect(model.prepared()(words) == y)
    #expect(try model.outputShape(for: [2, 2]) == [2, 2, 1])
  }

  @Test(arguments: [
    (3, "the index 3 at position 2 is not in 0..<3"),
    (-1, "the index -1 at position 2 is not in 0..<3"),
    (0.5, "the element at position 2 is 0.5 instead of an index in 0..<3"),
    (Double.nan, "the element at position 2 is nan instead of an index in 0..<3"),
    (1e300, "the element at position 2 is 1e+300 instead of an index in 0..<3"),
  ])
  func `refuses a request that is not an index, also behind containers`(
    element: Double, sentence: String
  ) {
    let request = Tensor([0, 1, element], shape: [1, 3])
    let frozen = Sequential<Double> { Frozen(Sequential<Double> { layer }) }
    for served in [
      layer.prepared().output, frozen.prepared().output,
      Sequential<Double> { layer }.prepared().output,
    ] as [(Tensor<Double>) throws(RequestError) -> Tensor<Double>] {
      let error = #expect(throws: RequestError.self) { try served(request) }
      #expect(error?.description == sentence)
    }
  }

  @Test func `stops for an element that is not an index`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Embedding<Float>(weight: .zeros([3, 2])).forward(Tensor([0, 1.5]))
    }
    #expect(
      stopMessage(result).contains(
        "Embedding: the element at position 1 is 1.5 instead of an index in 0..<3"))
  }
}
