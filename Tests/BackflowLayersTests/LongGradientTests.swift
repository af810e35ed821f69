import Backflow
import TestSupport
import Testing

/// Gradients that are sums of so many terms that a running sum would not be accurate.
@Suite struct `Gradients of many samples` {
  @Test func `of Dense`() {
    checkDense(Float.self)
    checkDense(Double.self)
  }

  @Test func `of an embedding with a frequent index`() {
    checkEmbedding(Float.self)
    checkEmbedding(Double.self)
  }

  @Test func `of a convolution and related layers`() {
    checkImages(Float.self)
    checkImages(Double.self)
  }
}

/// The rounding error of a block of 512 terms. In single precision, most sums are computed in
/// double.
private func ulps<S: RealScalar>(_: S.Type) -> Double { S.self == Float.self ? 64 : 512 }

private func checkDense<S: RealScalar>(_: S.Type) {
  let count = 250_000
  let layer = Dense<S>(weight: .ones([2, 3]), bias: .zeros([2]))
  let (_, cache) = layer.forward(Tensor(repeating: 0.1, shape: [count, 3]))
  let (_, gradients) = layer.backward(.ones([count, 2]), cache)
  let tenths = Double(count) * Double(S(0.1))
  expectUlps(
    gradients.weight.elements, .init(repeating: tenths, count: 6), ulps: ulps(S.self), "\(S.self)")
  expectUlps(
    gradients.bias?.elements ?? [], .init(repeating: Double(count), count: 2), ulps: 0, "\(S.self)")
}

private func checkEmbedding<S: RealScalar>(_: S.Type) {
  let count = 300_000
  let embedding = Embedding<S>(weight: .zeros([5, 2]))
  // All indices except 1, and mostly 3.
  let indices = (0..<count).map { [0, 3, 3, 2, 3, 3, 4, 3][$0 % 8] }
  let (_, cache) = embedding.forward(indices)
  let gradient = embedding.backward(Tensor(repeating: 0.1, shape: [count, 2]), cache).gradients
  let shares = [1.0, 0, 1, 5, 1].map { $0 / 8 * Double(count) * Double(S(0.1)) }
  expectUlps(
    gradient.weight.elements, shares.flatMap { [$0, $0] }, ulps: ulps(S.self), "\(S.self)")
}

private func checkImages<S: RealScalar>(_: S.Type) {
  // For 40 images of 64 × 64, every gradient is a sum of 163,840 terms.
  let (samples, extent) = (40, 64)
  let terms = Double(samples * extent * extent)
  let images = Tensor<S>(repeating: 0.1, shape: [samples, 1, extent, extent])
  let tenths = terms * Double(S(0.1))

  let convolution = Conv2D<S>(
    weight: .ones([2, 1, 1, 1]), bias: .zeros([2]))
  let (output, cache) = convolution.forward(images)
  let (_, gradients) = convolution.backward(.ones(output.shape), cache)
  expectUlps(gradients.weight.elements, [tenths, tenths], ulps: ulps(S.self), "weight \(S.self)")
  expectUlps(gradients.bias?.elements ?? [], [terms, terms], ulps: 0, "bias \(S.self)")

  let norm = BatchNorm<S>(channels: 1)
  let normCache = norm.forward(images, .training(seed: 1)).cache
  let tenth = Tensor<S>(repeating: 0.1, shape: images.shape)
  let normGradients = norm.backward(tenth, normCache).gradients
  expectUlps(
    normGradients.bias?.elements ?? [], [tenths], ulps: ulps(S.self), "BatchNorm \(S.self)")

  let pool = AvgPool2D<S>(kernelSize: HeightWidth(extent))
  let (means, poolCache) = pool.forward(images)
  expectUlps(
    means.elements, .init(repeating: Double(S(0.1)), count: samples), ulps: ulps(S.self),
    "mean \(S.self)")
  let spread = pool.inputGradient(.ones(means.shape), poolCache)
  #expect(spread.elements.allSatisfy { $0 == 1 / S(extent * extent) }, "\(S.self)")
}
