import Backflow
import Foundation
import TestSupport
import Testing

/// Comparisons with values that mpmath computed to 50 digits (scripts/fixtures/exact_values.py),
/// relative to each number. Comparisons relative to the largest number of a tensor would not detect
/// errors of small ones.
@Suite struct `Exact values` {
  @Test func `slopes of saturated units`() throws {
    try checkSlopes(Float.self)
    try checkSlopes(Double.self)
  }

  @Test func `cross-entropy and log-softmax of nearly certain predictions`() throws {
    try checkCertainty(Float.self)
    try checkCertainty(Double.self)
  }

  @Test func `sigmoid cross-entropy`() throws {
    try checkBinary(Float.self)
    try checkBinary(Double.self)
  }

  @Test func `moments`() throws {
    let cases = try FixtureFolder.cases(of: "exact/moments")
    #expect(cases.count == 9)
    for name in cases {
      try checkMoments(name, Float.self)
      try checkMoments(name, Double.self)
    }
  }

  @Test func `normalization of large, tiny and constant input`() throws {
    let cases = try FixtureFolder.cases(of: "exact/normalization")
    #expect(cases.count == 16)
    for name in cases {
      try checkNormalization(name, Float.self)
      try checkNormalization(name, Double.self)
    }
    let wide = try FixtureFolder.cases(of: "exact/normalization_double")
    #expect(wide.count == 9)
    for name in wide { try checkNormalization(name, in: "normalization_double", Double.self) }
  }

  @Test func `gradients of a normalization for input far from 0 and near its mean`() throws {
    let cases = try FixtureFolder.cases(of: "exact/normalization_gradient")
    #expect(cases.count == 3)
    for name in cases {
      try checkGradient(name, Float.self)
      try checkGradient(name, Double.self)
    }
  }
}

private func checkSlopes<S: RealScalar>(_: S.Type) throws {
  let folder = FixtureFolder("exact/slopes")
  let x = Tensor<S>(try folder.tensor("x"))
  let ones = Tensor<S>.ones(x.shape)
  func check<Unit: ParameterlessLayer<S>>(_ unit: Unit, _ name: String) throws {
    let slope = unit.inputGradient(ones, unit.forward(x).cache)
    // A subnormal e^−2x, multiplied by four, has two bits fewer.
    expectUlps(
      slope.elements, try folder.tensor(name).elements, ulps: 8, floor: 4 * .leastNormalMagnitude,
      "\(name) \(S.self)")
  }
  try check(Sigmoid<S>(), "sigmoid")
  try check(Tanh<S>(), "tanh")
  try check(ELU<S>(), "elu")
}

private func checkCertainty<S: RealScalar>(_: S.Type) throws {
  let folder = FixtureFolder("exact/certainty")
  let logits = Tensor<S>(try folder.tensor("logits"))
  let rows = logits.shape[0]
  let labels = [Int](repeating: 0, count: rows)
  func check(_ actual: Tensor<S>, _ name: String, _ ulps: Double, _ what: String = "") throws {
    expectUlps(
      actual.elements, try folder.tensor(name).elements, ulps: ulps, "\(name) \(what) \(S.self)")
  }
  // The relative error of an exponential is the absolute error of its argument, a rounded
  // difference.
  let ulps = 100.0
  try check(logSoftmax(logits), "log_softmax", ulps)
  let each = softmaxCrossEntropy(logits, labels, reduction: .perSample)
  try check(each.losses, "losses", ulps)
  try check(each.gradientOfSum, "gradient", ulps)
  let oneHot = Tensor<S>([1, 0, 0, 0, 0], shape: [1, 5]).broadcast(to: logits.shape)
  let soft = softmaxCrossEntropy(logits, oneHot, reduction: .perSample)
  try check(soft.losses, "losses", ulps, "of a distribution")
  try check(soft.gradientOfSum, "gradient", ulps, "of a distribution")
}

private func checkBinary<S: RealScalar>(_: S.Type) throws {
  let folder = FixtureFolder("exact/sigmoid_cross_entropy")
  let logits = Tensor<S>(try folder.tensor("logits"))
  for target in [0, 1] {
    let targets = Tensor<S>(repeating: S(target), shape: logits.shape)
    let each = sigmoidCrossEntropy(logits, targets, reduction: .perSample)
    for (actual, name) in [(each.losses, "losses"), (each.gradientOfSum, "gradient")] {
      let expected = try folder.tensor("\(name)_\(target)").elements
      expectUlps(actual.elements, expected, ulps: 4, "\(name) \(target) \(S.self)")
    }
    let sure: [S] = target == 1 ? [.infinity, -.infinity] : [-.infinity, .infinity]
    let (losses, gradients) = (
      sigmoidCrossEntropy(
        Tensor(sure), Tensor([S(target), S(target)]), reduction: .perSample
      ).losses.elements,
      sigmoidCrossEntropy(
        Tensor(sure), Tensor([S(target), S(target)]), reduction: .perSample
      ).gradientOfSum.elements
    )
    #expect(losses == [0, .infinity], "\(S.self) \(target)")
    #expect(gradients == [0, target == 1 ? -1 : 1], "\(S.self) \(target)")
  }
}

private func checkMoments<S: RealScalar>(_ name: String, _: S.Type) throws {
  let folder = FixtureFolder("exact/moments/\(name)")
  let x = Tensor<S>(try folder.tensor("x"))
  let mean = try folder.tensor("mean").elements
  let deviation = try folder.tensor("deviation").elements
  let label = "\(name) \(S.self)"
  // The rounding error of a block of 512 doubles. Floats are added in double, without errors.
  let ulps: Double = S.self == Float.self ? 1 : 512
  // The error of the mean is relative to the largest number if the numbers cancel.
  let size = x.maxMagnitude() / (mean[0].magnitude > Double(x.maxMagnitude()) / 8 ? 64 : 1)
  expectUlps([x.mean()], mean, ulps: ulps, floor: size, label)
  let least = S.leastNonzeroMagnitude
  expectUlps([x.standardDeviation()], deviation, ulps: ulps, floor: least, label)
  if S(deviation[0] * deviation[0]).isNormal {
    expectUlps([x.variance()], deviation.map { $0 * $0 }, ulps: 2 * ulps, label)
  }
  let n = Double(x.count)
  expectUlps(
    [x.standardDeviation(correction: 1)], deviation.map { $0 * (n / (n - 1)).squareRoot() },
    ulps: 2 * ulps, floor: least, label)

  // Reductions along either axis of a matrix that repeats the values have the same accuracy.
  let rows = Tensor.stack([x, x, x])
  for means in [
    rows.mean(axis: 1), rows.transpose().mean(axis: 0),
    Tensor.stack([rows]).mean(axis: 2).flattened,
  ] {
    expectUlps(
      means.elements, [mean[0], mean[0], mean[0]], ulps: ulps, floor: size,
      "\(label), along an axis")
  }
}

private func checkNormalization<S: RealScalar>(
  _ name: String, in kind: String = "normalization", _: S.Type
) throws {
  let folder = FixtureFolder("exact/\(kind)/\(name)")
  let x = Tensor<S>(try folder.tensor("x"))
  let epsilon = try folder.tensor("epsilon")[0]
  func check(_ actual: Tensor<S>, _ expected: String) throws {
    try expectCloseToLargest(actual, folder.tensor(expected), "\(name) \(expected) \(S.self)")
  }
  try check(LayerNorm<S>(size: 6, epsilon: epsilon).forward(x).output, "rows")
  var columns = BatchNorm<S>(channels: 6, epsilon: epsilon)
  let (output, cache) = columns.forward(x, .training(seed: 1))
  try check(output, "columns")
  try check(
    StagedBatchNorm(BatchNorm<S>(channels: 6, epsilon: epsilon)).forward(x).output,
    "columns")
  columns.updateBuffers(from: cache)
  #expect(columns.runningMean.isFinite && columns.runningVariance.isFinite, "\(name) \(S.self)")
}

private func checkGradient<S: RealScalar>(_ name: String, _: S.Type) throws {
  let folder = FixtureFolder("exact/normalization_gradient/\(name)")
  let x = Tensor<S>(try folder.tensor("x"))
  let g = Tensor<S>(try folder.tensor("g"))
  let rows = LayerNorm<S>(size: 6)
  try expectCloseToLargest(
    rows.backward(g, rows.forward(x).cache).inputGradient, folder.tensor("rows"),
    "\(name) rows \(S.self)")
  let columns = BatchNorm<S>(channels: 6)
  let (inputGradient, gradients) = columns.backward(
    g, columns.forward(x, .training(seed: 1)).cache)
  try expectCloseToLargest(
    inputGradient, folder.tensor("columns"), "\(name) columns \(S.self)")
  try expectCloseToLargest(
    #require(gradients.weight), folder.tensor("weight"), "\(name) weight \(S.self)")
}

/// Compares in units of the number itself, or of an eighth of the largest number, because x − μ
/// cancels if x is near the mean.
private func expectCloseToLargest<S: RealScalar>(
  _ actual: Tensor<S>, _ expected: Tensor<Double>, _ what: String
) {
  let floor = S(expected.maxMagnitude() / 8)
  expectUlps(
    actual.elements, expected.elements, ulps: 16, floor: max(floor, .leastNormalMagnitude), what)
}
