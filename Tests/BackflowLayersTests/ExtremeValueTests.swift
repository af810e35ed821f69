import Backflow
import TestSupport
import Testing

/// Results that are in the range of the type are returned even if intermediate values are not.
@Suite struct `Extreme values` {
  @Test func `means and sums`() {
    checkReductions(Float.self)
    checkReductions(Double.self)
  }

  @Test func `losses`() {
    checkLosses(Float.self)
    checkLosses(Double.self)
  }

  @Test func `average pooling`() {
    checkPooling(Float.self)
    checkPooling(Double.self)
  }

  @Test func `recovery of running statistics after a batch whose variance is out of range`() {
    var layer = BatchNorm<Float>(channels: 1)
    let huge = Tensor<Float>([3e25, -3e25, 1e25, -1e25], shape: [4, 1])
    layer.updateBuffers(from: layer.forward(huge, .training(seed: 1)).cache)
    #expect(layer.runningVariance.isFinite)
    let usual = Tensor<Float>([1, -1, 1, -1], shape: [4, 1])
    for _ in 0..<1100 {
      layer.updateBuffers(from: layer.forward(usual, .training(seed: 1)).cache)
    }
    expectUlps(layer.runningVariance.elements, [4.0 / 3], ulps: 32)
  }

  @Test func `NaN as opposed to extreme values`() {
    #expect(Tensor<Float>([3e38, .nan]).mean().isNaN)
    #expect(Tensor<Double>([1e308, .nan, 1e308]).standardDeviation().isNaN)
    #expect(Tensor<Float>([.infinity, 1]).mean() == .infinity)
    #expect(Tensor<Double>([.infinity, -.infinity]).sum().isNaN)
    #expect(Tensor<Float>([]).mean().isNaN)
  }
}

private func checkReductions<S: RealScalar>(_: S.Type) {
  let huge = S.greatestFiniteMagnitude
  let x = Tensor<S>([huge, huge, -huge, huge])
  #expect(x.mean() == huge / 2 && x.sum().isInfinite, "\(S.self)")
  #expect(Tensor<S>([huge, huge, -huge]).sum() == huge)
  #expect(
    Tensor<S>([huge, 1, huge, 2, -huge, 3], shape: [3, 2]).sum(axis: 0) == Tensor([huge, 6]))
  #expect(Tensor<S>([huge, huge, -huge], shape: [1, 3]).sum(axis: 1) == Tensor([huge]))
  #expect(Tensor<S>([huge, huge]).mean() == huge)
  #expect(Tensor<S>([huge, 1, huge, 3], shape: [2, 2]).mean(axis: 0) == Tensor([huge, 2]))

  for exponent in [
    Int(S.leastNormalMagnitude.exponent), -90, 0, 90, Int(S.greatestFiniteMagnitude.exponent) - 1,
  ] {
    let unit = S(sign: .plus, exponent: S.Exponent(exponent), significand: 1)
    let pair = Tensor<S>([unit, -unit])
    #expect(pair.standardDeviation() == unit, "\(S.self) 2^\(exponent)")
    #expect(pair.variance() == unit * unit, "\(S.self) 2^\(exponent)")
    #expect(Tensor<S>([unit, unit]).standardDeviation() == 0)
  }
}

private func checkLosses<S: RealScalar>(_: S.Type) {
  let huge = S.greatestFiniteMagnitude
  let root = huge.squareRoot() * (1 - S.ulpOfOne)
  func pair(_ x: S, _ y: S) -> Tensor<S> { Tensor([x, y]) }
  let zeros = pair(0, 0)

  let square = meanSquaredError(pair(root, -root), zeros)
  expectUlps([square.loss], [Double(root) * Double(root)], ulps: 1, "\(S.self)")
  #expect(square.gradient == pair(root, -root))
  #expect(meanSquaredError(pair(huge, 0), zeros).gradient == pair(huge, 0), "\(S.self)")

  let linear = huber(pair(huge, -huge), zeros)
  #expect(linear.loss == huge && linear.gradient == pair(0.5, -0.5), "\(S.self)")
  // x − t is out of range, but a quarter of it is not.
  let far = huber(pair(huge, -huge), pair(-huge, huge), delta: 0.25)
  #expect(far.loss == huge / 2 && far.gradient == pair(0.125, -0.125), "\(S.self)")
  #expect(smoothL1(pair(huge, -huge), zeros).loss == huge)
  // In d²/(2 β), d² is out of range.
  let wide = smoothL1(pair(huge / 4, huge / 4), zeros, beta: Double(huge) / 2)
  #expect(wide.loss == huge / 16 && wide.gradient == pair(0.25, 0.25), "\(S.self)")

  // x − t is out of range, but x − t − β/2 is not.
  let (distant, near) = (huge / 8 * 5, -huge / 8 * 5)
  let beyond = smoothL1(pair(distant, near), pair(near, distant), beta: Double(huge / 4 * 3))
  expectUlps([beyond.loss], [Double(huge) / 8 * 7], ulps: 2, "\(S.self)")

  let scores = Tensor<S>([0, root, 0, 0], shape: [1, 4])
  let hinge = multiclassHinge(scores, [0], squared: true)
  expectUlps([hinge.loss], [Double(root) * Double(root) / 4], ulps: 4, "\(S.self)")
  #expect(meanAbsoluteError(pair(huge, -huge), zeros).loss == huge, "\(S.self)")
  let likelihood = negativeLogLikelihood(
    Tensor<S>([-huge, 0, -huge, 0], shape: [2, 2]), [0, 0], classWeights: pair(1, 1))
  #expect(likelihood.loss == huge, "\(S.self)")
  let binary = sigmoidCrossEntropy(
    pair(-huge, -huge), .ones([2]), positiveWeights: pair(1, 0.5))
  #expect(binary.loss == huge / 4 * 3 && binary.gradient == pair(-0.5, -0.25), "\(S.self)")
  let weighted = softmaxCrossEntropy(
    Tensor<S>([0, -huge, 0, -huge], shape: [2, 2]), [1, 1], classWeights: pair(0, 1))
  #expect(weighted.loss == huge, "\(S.self)")
  let certain = softmaxCrossEntropy(Tensor<S>([huge, -huge], shape: [1, 2]), [0])
  #expect(certain.loss == 0 && certain.gradient.elements.allSatisfy { $0 == 0 }, "\(S.self)")
}

private func checkPooling<S: RealScalar>(_: S.Type) {
  let huge = S.greatestFiniteMagnitude
  for extent in [2, 9] {
    let images = Tensor<S>(repeating: huge, shape: [1, 1, extent, extent])
    let means = AvgPool2D<S>(kernelSize: HeightWidth(extent)).forward(images).output
    expectUlps(means.elements, [Double(huge)], ulps: 2, "\(S.self) \(extent)")
  }
}
