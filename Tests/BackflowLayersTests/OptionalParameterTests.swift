import Backflow
import TestSupport
import Testing

@Suite struct `A layer without some of its parameters` {
  @Test func `computes as with neutral ones, without visiting them`() {
    checkFeedForward(Float.self)
    checkFeedForward(Double.self)
  }

  @Test func `keeps its running statistics as with neutral ones`() {
    var (bare, neutral) = (
      BatchNorm<Float>(channels: 2, isAffine: false), BatchNorm<Float>(channels: 2)
    )
    let x = Tensor<Float>(rows: [[1, 2], [3, 8], [4, 4]])
    bare.updateBuffers(from: bare.forward(x, .training(seed: 0)).cache)
    neutral.updateBuffers(from: neutral.forward(x, .training(seed: 0)).cache)
    #expect(bare.runningMean == neutral.runningMean && bare.runningMean != .zeros([2]))
    #expect(bare.runningVariance == neutral.runningVariance)
    #expect(bare.namedParameters.isEmpty && bare.trackedBatchCount == 1)
  }

  @Test func `stops for a parameter that does not fit`() async {
    let bias = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var layer = LayerNorm<Float>(size: 3, isAffine: false)
      layer.bias = .zeros([2])
      _ = layer(.zeros([5, 3]))
    }
    #expect(stopMessage(bias).contains("LayerNorm: weight or bias [2] instead of [3]"))
    let input = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = BatchNorm<Float>(channels: 3, isAffine: false)(.zeros([5, 4]))
    }
    #expect(stopMessage(input).contains("[5, 4] instead of [N, 3, ...]"))
  }
}

private func checkFeedForward<S: RealScalar>(_: S.Type) {
  var random = RandomSource(seed: 3)
  let dense = Dense<S>(inputSize: 3, outputSize: 4, bias: false, using: &random)
  let convolution = Conv2D<S>(
    inputChannels: 2, outputChannels: 3, kernelSize: 2, padding: 1, bias: false, using: &random)
  let weight: Tensor<S> = random.normal([3])
  let attention = MultiHeadAttention<S>(size: 4, heads: 2, bias: false, using: &random)
  for batch in [1, 3] {
    let x: Tensor<S> = random.normal([batch, 3])
    expectEqual(
      dense, Dense(weight: dense.weight, bias: .zeros([4])), x, names: ["weight"], &random)
    expectEqual(
      LayerNorm(size: 3, isAffine: false), LayerNorm(size: 3), x, names: [], &random)
    expectEqual(
      LayerNorm(weight: weight), LayerNorm(weight: weight, bias: .zeros([3])), x, names: ["weight"],
      &random)

    let images: Tensor<S> = random.normal([batch, 2, 3, 4])
    expectEqual(
      convolution, Conv2D(weight: convolution.weight, bias: .zeros([3]), padding: 1), images,
      names: ["weight"], &random)
    for mode in [Mode.evaluation, .training(seed: 1)] {
      expectEqual(
        BatchNorm(channels: 2, isAffine: false), BatchNorm(channels: 2), images, names: [],
        mode: mode, &random)
    }
    expectEqual(
      StagedBatchNorm(BatchNorm(channels: 2, isAffine: false)),
      StagedBatchNorm(BatchNorm(channels: 2)), images, names: [], &random)
    expectEqual(
      attention,
      MultiHeadAttention(
        inputProjection: Dense(weight: attention.inputProjection.weight, bias: .zeros([12])),
        outputProjection: Dense(weight: attention.outputProjection.weight, bias: .zeros([4])),
        heads: 2),
      random.normal([batch, 6, 4]), names: ["in_proj_weight", "out_proj.weight"], &random)
  }
}

/// Expects the same output and gradients of a layer and of one with neutral parameters in addition,
/// and that the first has the parameters `names` only.
private func expectEqual<L: Layer>(
  _ layer: L, _ neutral: L, _ input: Tensor<L.Scalar>, names: [String],
  mode: Mode = .evaluation, _ random: inout RandomSource,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let (output, cache) = layer.forward(input, mode)
  let (expected, neutralCache) = neutral.forward(input, mode)
  #expect(output == expected, "\(L.self)", sourceLocation: sourceLocation)
  let outputGradient: Tensor<L.Scalar> = random.normal(output.shape)
  let (inputGradient, gradients) = layer.backward(outputGradient, cache)
  let (expectedGradient, expectedGradients) = neutral.backward(outputGradient, neutralCache)
  #expect(inputGradient == expectedGradient, "\(L.self)", sourceLocation: sourceLocation)

  #expect(layer.namedParameters.map(\.name) == names, sourceLocation: sourceLocation)
  #expect(gradients.namedParameters.map(\.name) == names, sourceLocation: sourceLocation)
  #expect(neutral.namedParameters.count > names.count, sourceLocation: sourceLocation)
  for (name, gradient) in gradients.namedParameters {
    let counterpart = expectedGradients.namedParameters.first { $0.name == name }
    #expect(
      gradient == counterpart?.value, "\(L.self) \(name)", sourceLocation: sourceLocation)
  }
}
