import Backflow
import TestSupport
import Testing

@Suite struct `A flatten layer` {
  @Test func `preserves the batch axis and merges the others`() {
    let layer = Flatten<Double>()
    let x = Tensor((0..<12).map(Double.init), shape: [2, 3, 1, 2])
    let (y, shape) = layer.forward(x)
    #expect(y == x.reshaped(to: [2, 6]))
    #expect(layer.inputGradient(y, shape) == x)
    #expect(layer(.zeros([4])).shape == [4, 1])
    #expect(layer(.zeros([0, 3, 2])).shape == [0, 6])
  }

  @Test func `stops for a gradient of another shape, even with the same count`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Flatten<Float>()
      _ = layer.inputGradient(.zeros([3, 4]), layer.forward(.zeros([2, 3, 2])).cache)
    }
    #expect(
      stopMessage(result).contains("Flatten: output gradient [3, 4] instead of [2, 6]"))
  }
}
