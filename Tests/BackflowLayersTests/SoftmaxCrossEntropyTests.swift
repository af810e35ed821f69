import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Softmax cross-entropy` {
  @Test func `is the logarithm of the number of classes if all logits are equal`() {
    for classes in [1, 2, 10, 1000] {
      let (loss, gradient) = softmaxCrossEntropy(Tensor<Double>.zeros([3, classes]), [0, 0, 0])
      expectClose(
        [loss], [Foundation.log(Double(classes))], Tolerance(Double.self, length: 8, scale: 8))
      let share = 1 / Double(classes)
      expectClose(
        gradient.sum(axis: 1).elements, [0, 0, 0],
        Tolerance(Double.self, length: classes, scale: 1))
      #expect(abs(gradient[2, classes - 1] - (classes == 1 ? 0 : share) / 3) < 1e-15)
    }
  }

  @Test func `is accurate and finite for a certain but wrong prediction`() {
    let (loss, gradient) = softmaxCrossEntropy(
      Tensor<Float>(rows: [[1000, 0], [-1000, 0]]), [1, 1])
    #expect(loss == 500)
    #expect(gradient == Tensor(rows: [[0.5, -0.5], [0, 0]]))
  }

  @Test func `is the mean over the rows`() {
    var random = RandomSource(seed: 2)
    let logits: Tensor<Double> = random.normal([4, 3])
    let labels = [0, 2, 1, 1]
    let each = (0..<4).map { softmaxCrossEntropy(logits.slice($0..<$0 + 1), [labels[$0]]).loss }
    expectClose(
      [softmaxCrossEntropy(logits, labels).loss], [each.reduce(0, +) / 4],
      Tolerance(Double.self, length: 4, scale: 1))
  }

  @Test func `excludes ignored rows from the sum and the mean, even if they are not finite`() {
    var random = RandomSource(seed: 8)
    var logits: Tensor<Float> = random.normal([4, 3])
    logits[1, 2] = .nan
    logits[3, 0] = .infinity
    let kept = logits.selectRows([0, 2])
    let (loss, gradient) = softmaxCrossEntropy(logits, [2, -1, 0, -1], ignoring: -1)
    let expected = softmaxCrossEntropy(kept, [2, 0])
    #expect(loss == expected.loss)
    #expect(gradient.selectRows([0, 2]) == expected.gradient)
    #expect(gradient.selectRows([1, 3]) == .zeros([2, 3]))
  }

  @Test func `of ignored rows only has the mean NaN and the sum 0`() {
    let logits = Tensor<Float>.ones([2, 3])
    let mean = softmaxCrossEntropy(logits, [9, 9], ignoring: 9)
    #expect(mean.loss.isNaN && mean.gradient == .zeros([2, 3]))
    #expect(softmaxCrossEntropy(logits, [9, 9], ignoring: 9, reduction: .sum).loss == 0)
  }

  @Test(arguments: [0, 0.3, 1])
  func `is the same for labels and for their indicators`(smoothing: Double) {
    var random = RandomSource(seed: 9)
    let logits: Tensor<Double> = random.normal([5, 4], standardDeviation: 3)
    let labels = [3, 0, 1, 1, 2]
    let indicators = Tensor(rows: labels.map { label in (0..<4).map { $0 == label ? 1.0 : 0 } })
    let hard = softmaxCrossEntropy(logits, labels, labelSmoothing: smoothing)
    let soft = softmaxCrossEntropy(logits, indicators, labelSmoothing: smoothing)
    let tolerance = Tolerance(Double.self, length: 4, scale: 5)
    expectClose([hard.loss], [soft.loss], tolerance)
    expectClose(hard.gradient.elements, soft.gradient.elements, tolerance)
  }

  @Test func `is finite for an impossible class with the target probability 0`() {
    let logits = Tensor<Double>(rows: [[0, -.infinity, 0]])
    let hard = softmaxCrossEntropy(logits, [0])
    let soft = softmaxCrossEntropy(logits, Tensor(rows: [[1, 0, 0]]))
    #expect(hard.loss == Foundation.log(2) && soft.loss == hard.loss)
    #expect(hard.gradient == Tensor(rows: [[-0.5, 0, 0.5]]) && soft.gradient == hard.gradient)
    #expect(softmaxCrossEntropy(logits, [0], labelSmoothing: 0.1).loss == .infinity)
  }

  // The minimum of −Σ q ln p is the entropy of q, at p = q.
  @Test func `has its minimum, with gradient 0, if softmax is the target`() {
    let target = Tensor<Double>(rows: [[0.5, 0.25, 0.25]])
    let (loss, gradient) = softmaxCrossEntropy(log(target), target)
    expectClose(
      [loss], [1.5 * Foundation.log(2)], Tolerance(Double.self, length: 3, scale: 1))
    #expect(gradient.maxMagnitude() < 1e-15)
  }

  @Test func `without a reduction has the shape of the samples`() {
    let logits = Tensor<Float>.zeros([2, 3, 4])
    let each = softmaxCrossEntropy(logits, [0, 1, 2, 3, 0, 1], reduction: .perSample)
    #expect(each.losses.shape == [2, 3])
    let weights = Tensor<Float>([1, 0, 0, 0, 0, 2], shape: [2, 3])
    let gradient = each.gradient(weightedBy: weights).asRows
    #expect(gradient.slice(0..<1) == Tensor(rows: [[-0.75, 0.25, 0.25, 0.25]]))
    #expect(gradient.slice(1..<5) == .zeros([4, 4]))
    #expect(gradient.slice(5..<6) == Tensor(rows: [[0.5, -1.5, 0.5, 0.5]]))
  }

  @Test func `stops if the shapes of logits and targets differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(Tensor<Float>.zeros([2, 3]), Tensor<Float>.zeros([3, 2]))
    }
    #expect(stopMessage(result).contains("targets of shape [3, 2] against logits of shape [2, 3]"))
  }

  @Test func `propagates NaN`() {
    let (loss, gradient) = softmaxCrossEntropy(
      Tensor<Double>(rows: [[.nan, 0], [0, 0]]), [0, 1])
    #expect(loss.isNaN)
    #expect(gradient.nonfiniteCount == 2)
  }

  @Test func `stops for a label outside the classes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(Tensor<Float>.zeros([2, 3]), [0, 3])
    }
    #expect(stopMessage(result).contains("label 3 of row 1 is outside the 3 classes"))
  }

  @Test func `stops if the numbers of labels and rows differ`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(Tensor<Float>.zeros([2, 3]), [0])
    }
    #expect(stopMessage(result).contains("1 labels against logits of shape [2, 3]"))
  }

  @Test func `counts correct answers`() {
    let logits = Tensor<Float>(rows: [[1, 2], [3, 0], [0, 0], [5, 6]])
    #expect(accuracy(logits, [1, 0, 0, 0]) == 0.75)
  }
}
