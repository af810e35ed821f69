import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Softmax cross-entropy` {
  @Test func `is ln of the number of classes when all logits are equal`() {
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

  @Test func `neither overflows nor loses the loss of a sure and wrong answer`() {
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

  @Test func `passes NaN on`() {
    let (loss, gradient) = softmaxCrossEntropy(
      Tensor<Double>(rows: [[.nan, 0], [0, 0]]), [0, 1])
    #expect(loss.isNaN)
    #expect(gradient.nonfiniteCount == 2)
  }

  @Test func `stops at a label outside the classes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmaxCrossEntropy(Tensor<Float>.zeros([2, 3]), [0, 3])
    }
    #expect(stopMessage(result).contains("label 3 of row 1 is outside the 3 classes"))
  }

  @Test func `stops when labels and rows differ in number`() async {
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
