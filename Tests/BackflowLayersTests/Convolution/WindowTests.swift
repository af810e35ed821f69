import Backflow
import TestSupport
import Testing

@Suite struct `Windows over an image` {
  @Test func `have positive extents and steps`() async {
    let kernel = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AvgPool2D<Float>(kernelSize: 0)
    }
    #expect(stopMessage(kernel).contains("AvgPool2D: kernel [0, 0]"))
    let dilation = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaxPool2D<Float>(kernelSize: 2, dilation: HeightWidth(height: 1, width: 0))
    }
    #expect(stopMessage(dilation).contains("dilation [1, 0] must be positive"))
    let padding = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D<Float>(weight: .zeros([1, 1, 2, 2]), bias: .zeros([1]), stride: 1, padding: -1)
    }
    #expect(stopMessage(padding).contains("padding [-1, -1] not negative"))
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var random = RandomSource(seed: 1)
      _ = Conv2D<Float>(inputChannels: 2, outputChannels: 0, kernelSize: 3, using: &random)
    }
    #expect(
      stopMessage(channels).contains("Conv2D: channel counts must be positive, they are 2 and 0"))
  }

  @Test func `include pixels, not only padding`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AvgPool2D<Float>(kernelSize: 2, padding: 1)(.zeros([1, 1, 0, 4]))
    }
    #expect(stopMessage(result).contains("AvgPool2D: input [1, 1, 0, 4] has no pixels"))
  }
}
