import Backflow
import TestSupport
import Testing

@Suite struct `A convolution` {
  let image = Tensor<Double>((1...9).map(Double.init), shape: [1, 1, 3, 3])

  private func layer(
    _ weight: [Double], _ shape: Shape, padding: HeightWidth = 0, stride: HeightWidth = 1
  ) -> Conv2D<Double> {
    Conv2D(
      weight: Tensor(weight, shape: shape), bias: .zeros([shape[0]]), stride: stride,
      padding: padding)
  }

  @Test func `is a cross-correlation, without flipping the kernel`() {
    let y = layer([1, 0, 0, -1], [1, 1, 2, 2])(image)
    #expect(y == Tensor([-4, -4, -4, -4], shape: [1, 1, 2, 2]))
  }

  @Test func `has zero padding and strides`() {
    let sum = layer([Double](repeating: 1, count: 9), [1, 1, 3, 3], padding: 1, stride: 2)
    #expect(sum(image) == Tensor([12, 16, 24, 28], shape: [1, 1, 2, 2]))
  }

  @Test func `sums over the channels and adds a bias for each output`() {
    let layer = Conv2D<Double>(
      weight: Tensor([1, 10, 2, 20], shape: [2, 2, 1, 1]), bias: Tensor([100, 200]))
    let x = Tensor<Double>([1, 2, 3, 4], shape: [1, 2, 1, 2])
    #expect(layer(x) == Tensor([131, 142, 262, 284], shape: [1, 2, 1, 2]))
  }

  @Test func `computes groups separately`() {
    let layer = Conv2D<Double>(
      weight: Tensor([1, 10], shape: [2, 1, 1, 1]), bias: .zeros([2]), groups: 2)
    let x = Tensor<Double>([1, 2, 3, 4], shape: [1, 2, 1, 2])
    #expect(layer(x) == Tensor([1, 2, 30, 40], shape: [1, 2, 1, 2]))
  }

  @Test func `returns the same for a sample alone and in a batch`() {
    var random = RandomSource(seed: 2)
    let layer = Conv2D<Double>(
      inputChannels: 16, outputChannels: 3, kernelSize: 3, padding: 1, using: &random)
    let x: Tensor<Double> = random.normal([9, 16, 32, 32])
    let gradient: Tensor<Double> = random.normal([9, 3, 32, 32])
    let (y, cache) = layer.forward(x)
    let (inputGradient, gradients) = layer.backward(gradient, cache)
    var weightGradient = Tensor<Double>.zeros(layer.weight.shape)
    for sample in 0..<9 {
      let range = sample..<sample + 1
      let (alone, cache) = layer.forward(x[range])
      #expect(alone.isApproximatelyEqual(to: y[range], relativeTolerance: 1e-13))
      let back = layer.backward(gradient[range], cache)
      #expect(
        back.inputGradient.isApproximatelyEqual(to: inputGradient[range], relativeTolerance: 1e-13))
      weightGradient += back.gradients.weight
    }
    #expect(gradients.weight.isApproximatelyEqual(to: weightGradient, relativeTolerance: 1e-12))
  }

  @Test func `of an empty batch is empty`() {
    let layer = layer([1], [1, 1, 1, 1])
    let (y, cache) = layer.forward(.zeros([0, 1, 3, 3]))
    #expect(y.shape == [0, 1, 3, 3])
    let (inputGradient, gradients) = layer.backward(y, cache)
    #expect(inputGradient.shape == [0, 1, 3, 3])
    #expect(gradients.weight == .zeros([1, 1, 1, 1]))
  }

  @Test func `stops with both shapes if the input does not fit`() async {
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D<Float>(weight: .zeros([4, 3, 2, 2]), bias: .zeros([4]))(.zeros([1, 2, 5, 5]))
    }
    #expect(stopMessage(channels).contains("[1, 2, 5, 5]"))
    #expect(stopMessage(channels).contains("[4, 3, 2, 2]"))
    let small = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D<Float>(weight: .zeros([4, 3, 7, 7]), bias: .zeros([4]))(.zeros([1, 3, 5, 5]))
    }
    #expect(stopMessage(small).contains("[1, 3, 5, 5]"))
    #expect(stopMessage(small).contains("[7, 7]"))
  }
}
