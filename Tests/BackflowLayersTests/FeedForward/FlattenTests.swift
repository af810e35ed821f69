import Backflow
import Testing

@Suite struct `A flattening` {
  @Test func `keeps the batch and merges the rest`() {
    let layer = Flatten<Double>()
    let x = Tensor((0..<12).map(Double.init), shape: [2, 3, 1, 2])
    let (y, shape) = layer.forward(x)
    #expect(y == x.reshaped(to: [2, 6]))
    #expect(layer.inputGradient(y, shape) == x)
    #expect(layer(.zeros([4])).shape == [4, 1])
    #expect(layer(.zeros([0, 3, 2])).shape == [0, 6])
  }
}
