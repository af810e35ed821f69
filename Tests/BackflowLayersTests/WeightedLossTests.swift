import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Cross-entropy with class weights` {
  private let ln2 = Foundation.log(2.0)

  // Both logits are equal, so that each sample costs w ln 2, and the mean is ln 2 for any weights.
  @Test func `divides by the sum of the weights of the labels`() {
    let logits = Tensor<Double>.zeros([3, 2])
    let weights = Tensor<Double>([1, 4])
    let (loss, gradient) = softmaxCrossEntropy(logits, [0, 1, 1], classWeights: weights)
    expectClose([loss], [ln2], Tolerance(Double.self, length: 3, scale: 1))
    // w (p − q) / 9
    let part = 1.0 / 18
    expectClose(
      gradient.elements, [-part, part, 4 * part, -4 * part, 4 * part, -4 * part],
      Tolerance(Double.self, length: 3, scale: 1))
    let sum = softmaxCrossEntropy(logits, [0, 1, 1], classWeights: weights, reduction: .sum).loss
    expectClose([sum], [9 * ln2], Tolerance(Double.self, length: 3, scale: 6))
  }

  @Test func `of 1 is that without weights`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      var random = RandomSource(seed: 21)
      let logits: Tensor<S> = random.normal([2, 3, 4], standardDeviation: 3)
      let labels = [3, 0, 1, 9, 2, 0]
      let ones = Tensor<S>.ones([4])
      for smoothing in [0, 0.2] {
        let plain = softmaxCrossEntropy(logits, labels, ignoring: 9, labelSmoothing: smoothing)
        let weighted = softmaxCrossEntropy(
          logits, labels, ignoring: 9, labelSmoothing: smoothing, classWeights: ones)
        let tolerance = Tolerance(S.self, length: 4, scale: 8)
        expectClose([Double(weighted.loss)], [Double(plain.loss)], tolerance)
        expectClose(
          weighted.gradient.elements.map { Double($0) },
          plain.gradient.elements.map { Double($0) }, Tolerance(S.self, length: 4, scale: 1))
      }
    }
  }

  @Test func `weights soft targets like the labels that they indicate, but for the mean`() {
    var random = RandomSource(seed: 22)
    let logits: Tensor<Double> = random.normal([5, 4], standardDeviation: 3)
    let labels = [3, 0, 1, 1, 2]
    let weights = Tensor<Double>([0.5, 2, 1, 3])
    let indicators = Tensor(rows: labels.map { label in (0..<4).map { $0 == label ? 1.0 : 0 } })
    for smoothing in [0, 0.3] {
      let hard = softmaxCrossEntropy(
        logits, labels, labelSmoothing: smoothing, classWeights: weights, reduction: .sum)
      let soft = softmaxCrossEntropy(
        logits, indicators, labelSmoothing: smoothing, classWeights: weights, reduction: .sum)
      let tolerance = Tolerance(Double.self, length: 20, scale: 20)
      expectClose([hard.loss], [soft.loss], tolerance)
      expectClose(hard.gradient.elements, soft.gradient.elements, tolerance)
    }
  }

  @Test func `does not count labels of weight 0 and ignored ones, whatever their logits`() {
    let logits = Tensor<Float>(rows: [[0, .nan, 0], [0, 0, -.infinity], [0, 0, -.infinity]])
    let weights = Tensor<Float>([2, 1, 0])
    let each = softmaxCrossEntropy(
      logits, [-1, 2, 0], ignoring: -1, classWeights: weights, reduction: .perSample)
    expectUlps(each.losses.elements, [0, 0, 2 * ln2], ulps: 2)
    #expect(each.gradientOfSum == Tensor(rows: [[0, 0, 0], [0, 0, 0], [-1, 1, 0]]))
    // The class of weight 0 is impossible, and costs nothing in the smoothed part either.
    let smoothed = softmaxCrossEntropy(
      logits, [-1, 2, 0], ignoring: -1, labelSmoothing: 0.5, classWeights: weights,
      reduction: .perSample)
    // Label 2: ε/C (2 + 1) ln 2. Label 0: 2 (1 − ε) ln 2 more.
    expectUlps(smoothed.losses.elements, [0, 0.5 * ln2, 1.5 * ln2], ulps: 8)
    #expect(smoothed.gradientOfSum.slice(0..<1) == .zeros([1, 3]))
    #expect(smoothed.gradientOfSum.isFinite)
  }

  @Test func `of labels of weight 0 only has the mean NaN and the sum 0`() {
    let weights = Tensor<Double>([0, 1])
    let logits = Tensor<Double>.zeros([2, 2])
    #expect(softmaxCrossEntropy(logits, [0, 0], classWeights: weights).loss.isNaN)
    let sum = softmaxCrossEntropy(logits, [0, 0], classWeights: weights, reduction: .sum)
    #expect(sum.loss == 0 && sum.gradient == .zeros([2, 2]))
  }

  @Test func `is accurate where the answer is nearly certain`() {
    let logits = Tensor<Double>(rows: [[40, 0]])
    let weights = Tensor<Double>([3, 1])
    let (loss, gradient) = softmaxCrossEntropy(
      logits, [0], classWeights: weights, reduction: .sum)
    let small = Foundation.exp(-40.0)
    expectUlps([loss], [3 * small], ulps: 4)
    expectUlps(gradient.elements, [-3 * small, 3 * small], ulps: 4)
  }

  @Test func `stops for other numbers of weights, and for weights that are not`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(Tensor<Float>.zeros([2, 3]), [0, 1], classWeights: .ones([2]))
    }
    #expect(
      stopMessage(result).contains("class weights of shape [2] against logits of shape [2, 3]"))
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(Tensor<Float>.zeros([1, 2]), [0], classWeights: Tensor([1, -1]))
    }
    #expect(stopMessage(negative).contains("class weights must be 0 or positive and finite"))
    let label = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(Tensor<Float>.zeros([1, 2]), [2], classWeights: .ones([2]))
    }
    #expect(stopMessage(label).contains("label 2 of row 0 is outside the 2 classes"))
  }
}

@Suite struct `Binary cross-entropy with positive weights` {
  // An infinite logit that is entirely right costs nothing, one that is wrong everything.
  @Test func `multiplies the part of "yes"`() {
    let infinity = Float.infinity
    let logits = Tensor<Float>([0, 0, infinity, -infinity, infinity, -infinity, 1000, -1000])
    let target = Tensor<Float>([1, 0, 1, 0, 0, 1, 0, 1])
    let each = sigmoidCrossEntropy(
      logits, target, positiveWeights: Tensor(scalar: 3), reduction: .perSample)
    let ln2 = Foundation.log(2.0)
    expectUlps(
      each.losses.elements, [3 * ln2, ln2, 0, 0, .infinity, .infinity, 1000, 3000], ulps: 2)
    #expect(each.gradientOfSum == Tensor([-1.5, 0.5, 0, 0, 1, -3, 1, -3]))
  }

  @Test func `of 1 is that without weights`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      var random = RandomSource(seed: 23)
      let x: Tensor<S> = random.normal([6, 3], standardDeviation: 4)
      let t: Tensor<S> = random.uniform([6, 3])
      let plain = sigmoidCrossEntropy(x, t, reduction: .perSample)
      let weighted = sigmoidCrossEntropy(
        x, t, positiveWeights: .ones([3]), reduction: .perSample)
      let tolerance = Tolerance(S.self, length: 2, scale: 16)
      expectClose(
        weighted.losses.elements.map { Double($0) }, plain.losses.elements.map { Double($0) },
        tolerance)
      expectClose(
        weighted.gradientOfSum.elements.map { Double($0) },
        plain.gradientOfSum.elements.map { Double($0) }, Tolerance(S.self, length: 2, scale: 1))
    }
  }

  // Weighting one mixed target p t + (1 − t) would lose the small part of "no".
  @Test func `keeps the digits of soft targets beside a large weight`() {
    let each = sigmoidCrossEntropy(
      Tensor<Double>([30]), Tensor([0.5]), positiveWeights: Tensor(scalar: 1e6),
      reduction: .perSample)
    let small = Foundation.exp(-30.0)
    expectUlps(each.losses.elements, [15 + (1e6 + 1) / 2 * log1p(small)], ulps: 4)
  }

  @Test func `of one weight for each column reads the column's`() {
    let (loss, gradient) = sigmoidCrossEntropy(
      Tensor<Double>.zeros([2, 2]), .ones([2, 2]), positiveWeights: Tensor([1, 3]), reduction: .sum)
    expectClose([loss], [8 * Foundation.log(2.0)], Tolerance(Double.self, length: 4, scale: 6))
    #expect(gradient == Tensor(rows: [[-0.5, -1.5], [-0.5, -1.5]]))
  }

  @Test func `stops if the shapes of weights and logits differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let logits = Tensor<Float>.zeros([3, 2])
      _ = sigmoidCrossEntropy(logits, logits, positiveWeights: .ones([3]))
    }
    #expect(
      stopMessage(result).contains("positive weights of shape [3] against logits of shape [3, 2]"))
  }
}

@Suite struct `Losses of log-probabilities` {
  @Test func `negative log-likelihood is softmax cross-entropy behind a log-softmax`() {
    var random = RandomSource(seed: 24)
    let logits: Tensor<Double> = random.normal([6, 4], standardDeviation: 2)
    let labels = [0, 3, -1, 2, 2, 1]
    let weights = Tensor<Double>([1, 0.5, 2, 4])
    let likelihood = negativeLogLikelihood(
      logSoftmax(logits), labels, ignoring: -1, classWeights: weights)
    let entropy = softmaxCrossEntropy(logits, labels, ignoring: -1, classWeights: weights)
    let tolerance = Tolerance(Double.self, length: 6, scale: 4)
    expectClose([likelihood.loss], [entropy.loss], tolerance)
    // z̄ = x̄ − p Σ x̄
    let own = likelihood.gradient
    let sums = own.sum(axis: 1).reshaped(to: [6, 1])
    expectClose(
      (own - softmax(logits) * sums).elements, entropy.gradient.elements, tolerance)
  }

  @Test func `negative log-likelihood reads the label only, and no row that does not count`() {
    let x = Tensor<Float>(rows: [[-.infinity, -1], [-.infinity, -1], [.nan, .nan], [-2, .nan]])
    let each = negativeLogLikelihood(
      x, [1, 0, 7, 0], ignoring: 7, classWeights: Tensor([2, 3]), reduction: .perSample)
    #expect(each.losses == Tensor([3, .infinity, 0, 4]))
    #expect(each.gradientOfSum == Tensor(rows: [[0, -3], [-2, 0], [0, 0], [-2, 0]]))
    let none = negativeLogLikelihood(x, [0, 0, 7, 7], ignoring: 7, classWeights: Tensor([0, 1]))
    #expect(none.loss.isNaN && none.gradient == .zeros([4, 2]))
    #expect(negativeLogLikelihood(Tensor<Float>(rows: [[.nan]]), [0]).loss.isNaN)
  }

  @Test func `negative log-likelihood stops with both shapes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = negativeLogLikelihood(Tensor<Float>.zeros([2, 3]), [0])
    }
    #expect(stopMessage(result).contains("1 labels against log-probabilities of shape [2, 3]"))
  }

  // ¾ ln(¾ / ½) + ¼ ln(¼ / ½)
  @Test func `divergence is that of the distributions, by rows`() {
    let logs = log(Tensor<Double>(rows: [[0.5, 0.5], [0.75, 0.25]]))
    let targets = Tensor<Double>(rows: [[0.75, 0.25], [0.75, 0.25]])
    let expected = 0.75 * Foundation.log(1.5) - 0.25 * Foundation.log(2.0)
    let each = klDivergence(logs, targets, reduction: .perSample)
    expectClose(
      each.losses.elements, [expected, 0], Tolerance(Double.self, length: 2, scale: 1))
    let (mean, gradient) = klDivergence(logs, targets)
    expectClose([mean], [expected / 2], Tolerance(Double.self, length: 2, scale: 1))
    #expect(gradient == targets * -0.5)
  }

  @Test func `divergence of a target 0 is 0, of an impossible target infinite`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let x = Tensor<S>(rows: [[0, -.infinity], [-.infinity, 0], [.nan, 0], [0, .nan]])
      let q = Tensor<S>(rows: [[1, 0], [1, 0], [1, 0], [1, 0]])
      let losses = klDivergence(x, q, reduction: .perSample).losses
      #expect(losses[0] == 0 && losses[1] == .infinity && losses[2].isNaN && losses[3].isNaN)
      #expect(klDivergence(Tensor<S>([0, 0]), Tensor([-1, 1])).loss.isNaN)
      #expect(klDivergence(Tensor<S>.zeros([0, 3]), .zeros([0, 3])).loss.isNaN)
    }
  }

  @Test func `divergence stops if the shapes differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = klDivergence(Tensor<Float>.zeros([2, 3]), .zeros([3, 2]))
    }
    #expect(
      stopMessage(result).contains("[3, 2] against log-probabilities of shape [2, 3]"))
  }
}
