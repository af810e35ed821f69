internal import Backflow

/// Returns workloads for two 3×3 convolutions with ReLU between them, which keep the size of the
/// image.
func convolutions(batch: Int, channels: Int, hidden: Int, side: Int) -> [Workload] {
  func network<Scalar>(_ random: inout RandomSource) -> Sequential<Scalar> {
    Sequential {
      Conv2D(
        inputChannels: channels, outputChannels: hidden, kernelSize: 3, padding: 1, using: &random)
      ReLU()
      Conv2D(
        inputChannels: hidden, outputChannels: hidden, kernelSize: 3, padding: 1, using: &random)
    }
  }
  let weights = 9 * hidden * (channels + hidden)
  return passes(
    "conv/b\(batch)/c\(channels)/hw\(side)", flops: 2 * Double(batch * side * side * weights),
    input: [batch, channels, side, side], network as (inout RandomSource) -> Sequential<Float>,
    network as (inout RandomSource) -> Sequential<Double>)
}

/// Returns workloads for a 3×3 convolution of each channel with a kernel of its own.
func depthwiseConvolution(batch: Int, channels: Int, side: Int) -> [Workload] {
  func layer<Scalar>(_ random: inout RandomSource) -> Conv2D<Scalar> {
    Conv2D(
      inputChannels: channels, outputChannels: channels, kernelSize: 3, padding: 1,
      groups: channels, using: &random)
  }
  return passes(
    "depthwise/b\(batch)/c\(channels)/hw\(side)",
    flops: 2 * Double(batch * side * side * 9 * channels), input: [batch, channels, side, side],
    layer as (inout RandomSource) -> Conv2D<Float>,
    layer as (inout RandomSource) -> Conv2D<Double>)
}
