import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Scores of a regression` {
  // The examples in the documentation of scikit-learn, with Σ d² = 1.5 and Σ (t − 2.875)² =
  // 29.1875.
  @Test func `are scikit-learn's`() {
    var scores = RegressionScores()
    scores.add(Tensor<Float>([2.5, 0]), Tensor([3, -0.5]))
    scores.add(Tensor<Double>([2, 8], shape: [1, 2]), Tensor([2, 7], shape: [1, 2]))
    #expect(scores.count == 4)
    #expect(scores.meanAbsoluteError == 0.5 && scores.meanSquaredError == 0.375)
    #expect(scores.rootMeanSquaredError == 0.375.squareRoot())
    expectUlps([scores.rSquared], [1 - 1.5 / 29.1875], ulps: 2)
  }

  // Σ (t − mean)² of 0 ..< n is n (n² − 1)/12. With the sums of t² and t, nothing would be left of
  // it: t² has 20 digits.
  @Test func `do not cancel where the mean is large`() {
    let count = 1000
    let target = Tensor<Double>((0..<count).map { 1e10 + Double($0) })
    let prediction = target + Tensor<Double>((0..<count).map { $0 % 2 == 0 ? 2.0 : -1.0 })
    var scores = RegressionScores()
    scores.add(prediction, target)
    let variation = Double(count) * (Double(count) * Double(count) - 1) / 12
    // A mean near 1e10 is a multiple of 2·10⁻⁶, which a deviation of up to 500 then misses.
    expectClose(
      [(1 - scores.rSquared) * variation / 2500], [1], Tolerance(1e-8, scale: 1))
    #expect(scores.meanAbsoluteError == 1.5)
    #expect(scores.meanSquaredError == 2.5)
  }

  @Test func `have the same bits for any batches`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      var random = RandomSource(seed: 33)
      let target: Tensor<S> = random.normal([97], mean: 3)
      let prediction = target + random.normal([97], standardDeviation: 0.5)
      var (whole, parts) = (RegressionScores(), RegressionScores())
      whole.add(prediction, target)
      for range in [0..<1, 1..<40, 40..<40, 40..<97] {
        parts.add(prediction.slice(range), target.slice(range))
      }
      #expect(parts == whole)
      #expect(whole.rSquared > 0.5 && whole.rSquared < 0.95)
    }
  }

  @Test func `of many small errors beside a large one keep them`() {
    let count = 1000
    let target = Tensor<Double>.zeros([count + 1])
    let prediction = Tensor<Double>([0x1p53] + [Double](repeating: 1, count: count))
    var scores = RegressionScores()
    scores.add(prediction, target)
    expectUlps([scores.meanAbsoluteError], [(0x1p53 + 1000) / 1001], ulps: 1)
  }

  @Test func `of equal targets are scikit-learn's, and NaN where nothing is defined`() {
    func rSquared(_ prediction: [Double], _ target: [Double]) -> Double {
      var scores = RegressionScores()
      scores.add(Tensor(prediction), Tensor(target))
      return scores.rSquared
    }
    #expect(rSquared([2, 2], [2, 2]) == 1 && rSquared([2, 3], [2, 2]) == 0)
    #expect(rSquared([1.5, 1.5], [1, 2]) == 0 && rSquared([2, 1], [1, 2]) == -3)
    #expect(rSquared([2], [2]).isNaN && rSquared([.nan, 2], [2, 2]).isNaN)
    #expect(rSquared([1, 2], [1, .infinity]).isNaN)
    #expect(RegressionScores().rootMeanSquaredError.isNaN)
  }

  @Test func `stop if the shapes differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var scores = RegressionScores()
      scores.add(Tensor<Float>.zeros([3]), .zeros([3, 1]))
    }
    #expect(stopMessage(result).contains("[3] against a target of shape [3, 1]"))
  }
}

@Suite struct `The perplexity of a language model` {
  @Test func `is the number of tokens that are equally likely`() {
    var perplexity = Perplexity()
    #expect(perplexity.value.isNaN)
    perplexity.add(Tensor<Double>.zeros([2, 3, 50]), [0, 1, 2, 3, -1, 49], ignoring: -1)
    #expect(perplexity.count == 5)
    expectUlps([perplexity.value], [50], ulps: 16)
  }

  // √(2 · 8) for one token of each, and not their mean.
  @Test func `is the geometric mean over the tokens, not over the batches`() {
    var perplexity = Perplexity()
    perplexity.add(Tensor<Double>.zeros([1, 2]), [0])
    perplexity.add(Tensor<Double>.zeros([1, 8]), [0])
    expectUlps([perplexity.value], [4], ulps: 8)
    perplexity.add(meanLoss: Foundation.log(2.0), count: 2)
    perplexity.add(meanLoss: .nan, count: 0)
    // (2³ · 8)^¼
    expectUlps([perplexity.value], [Foundation.pow(64, 0.25)], ulps: 8)
  }

  @Test func `has the same bits for any batches`() {
    var random = RandomSource(seed: 34)
    let logits: Tensor<Float> = random.normal([40, 9], standardDeviation: 2)
    let labels = (0..<40).map { _ in random.integer(below: 9) }
    var (whole, parts) = (Perplexity(), Perplexity())
    whole.add(logits, labels)
    for range in [0..<3, 3..<40] { parts.add(logits.slice(range), Array(labels[range])) }
    #expect(parts == whole)
    let loss = softmaxCrossEntropy(logits, labels).loss
    expectUlps([Float(whole.meanLoss)], [Double(loss)], ulps: 4)
  }
}
