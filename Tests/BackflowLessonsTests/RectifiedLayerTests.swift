import Backflow
import BackflowLessons
import TestSupport
import Testing

@Suite struct `A layer of rectified units` {
  @Test func `has the passes of the layers of the library`() {
    var random = RandomSource(seed: 2)
    let (x, w): (Tensor<Double>, Tensor<Double>) = (random.normal([5, 3]), random.normal([4, 3]))
    let zGradient: Tensor<Double> = random.normal([5, 4])
    let z = RectifiedLayer.forward(x, w)
    let (xGradient, wGradient) = RectifiedLayer.backward(zGradient, z, x, w)

    let layers = Sequential<Double> {
      Dense(weight: w)
      ReLU()
    }
    let (output, cache) = layers.forward(x)
    let (inputGradient, gradients) = layers.backward(zGradient, cache)
    #expect(z == output && xGradient == inputGradient)
    #expect(wGradient == gradients.namedParameters[0].value)
  }

  // The inputs are positive, and the weights of unit 0 negative.
  @Test func `has zero gradient for the weights of a dead unit`() {
    let x = Tensor<Double>(rows: [[1, 2], [3, 1]])
    let w = Tensor<Double>(rows: [[-1, -1], [1, -1]])
    let z = RectifiedLayer.forward(x, w)
    #expect(z == Tensor(rows: [[0, 0], [0, 2]]))
    let (_, wGradient) = RectifiedLayer.backward(.ones([2, 2]), z, x, w)
    #expect(wGradient == Tensor(rows: [[0, 0], [3, 1]]))
  }
}
