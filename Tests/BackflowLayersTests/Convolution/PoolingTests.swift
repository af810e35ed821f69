import Backflow
import TestSupport
import Testing

@Suite struct `A pooling layer` {
  let image = Tensor<Double>([1, 5, 2, 0, 3, 5, 4, 8], shape: [1, 1, 2, 4])

  @Test func `returns the maximum of each window, and its gradient reaches the first maximum`() {
    let layer = MaxPool2D<Double>(kernelSize: 2)
    let (y, cache) = layer.forward(image)
    #expect(y == Tensor([5, 8], shape: [1, 1, 1, 2]))
    let gradient = layer.inputGradient(Tensor([10, 20], shape: [1, 1, 1, 2]), cache)
    #expect(gradient == Tensor([0, 10, 0, 0, 0, 0, 0, 20], shape: [1, 1, 2, 4]))
  }

  @Test func `adds gradients where windows overlap, and ignores padding`() {
    let layer = MaxPool2D<Double>(kernelSize: 2, stride: 1, padding: 1)
    let (y, cache) = layer.forward(Tensor([-1, -2], shape: [1, 1, 1, 2]))
    #expect(y == Tensor([-1, -1, -2, -1, -1, -2], shape: [1, 1, 2, 3]))
    let gradient = layer.inputGradient(.ones([1, 1, 2, 3]), cache)
    #expect(gradient == Tensor([4, 2], shape: [1, 1, 1, 2]))
  }

  @Test func `treats NaN as the maximum`() {
    let x = Tensor<Float>([1, .nan, 3, 2], shape: [1, 1, 2, 2])
    let layer = MaxPool2D<Float>(kernelSize: 2)
    let (y, cache) = layer.forward(x)
    #expect(y.scalar.isNaN)
    #expect(
      layer.inputGradient(.ones([1, 1, 1, 1]), cache) == Tensor([0, 1, 0, 0], shape: x.shape))
  }

  // PyTorch does the same, but rejects padding of more than half a kernel.
  @Test func `returns −∞ without a gradient for a window of padding`() {
    let layer = MaxPool2D<Double>(
      kernelSize: HeightWidth(height: 2, width: 1), stride: 1,
      padding: HeightWidth(height: 1, width: 0), dilation: HeightWidth(height: 2, width: 1))
    let (y, cache) = layer.forward(Tensor([3], shape: [1, 1, 1, 1]))
    #expect(y == Tensor([-.infinity], shape: [1, 1, 1, 1]))
    #expect(layer.inputGradient(.ones([1, 1, 1, 1]), cache) == .zeros([1, 1, 1, 1]))
  }

  @Test func `returns the mean of each window`() {
    let layer = AvgPool2D<Double>(kernelSize: 2)
    let (y, cache) = layer.forward(image)
    #expect(y == Tensor([3.5, 3.5], shape: [1, 1, 1, 2]))
    let gradient = layer.inputGradient(Tensor([4, 8], shape: [1, 1, 1, 2]), cache)
    #expect(gradient == Tensor([1, 1, 2, 2, 1, 1, 2, 2], shape: [1, 1, 2, 4]))
  }

  @Test func `includes padding in a mean or excludes it`() {
    let x = Tensor<Double>.ones([1, 1, 2, 2])
    let counted = AvgPool2D<Double>(kernelSize: 2, padding: 1)
    #expect(counted(x) == Tensor(repeating: 0.25, shape: [1, 1, 2, 2]))
    let notCounted = AvgPool2D<Double>(kernelSize: 2, padding: 1, countsPadding: false)
    #expect(notCounted(x) == x)
  }

  @Test func `stops for padding of more than half a window, and for a gradient of another shape`()
    async
  {
    let padding = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaxPool2D<Float>(kernelSize: 3, padding: 2)
    }
    #expect(stopMessage(padding).contains("[2, 2]"))
    #expect(stopMessage(padding).contains("[3, 3]"))
    let gradient = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = AvgPool2D<Float>(kernelSize: 2)
      _ = layer.inputGradient(.zeros([1, 1, 3, 3]), layer.forward(.zeros([1, 1, 4, 4])).cache)
    }
    #expect(stopMessage(gradient).contains("[1, 1, 2, 2]"))
    #expect(stopMessage(gradient).contains("[1, 1, 3, 3]"))
  }
}
