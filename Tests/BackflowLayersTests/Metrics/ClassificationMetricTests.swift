import Backflow
import Foundation
import TestSupport
import Testing

@Suite struct `Top-k accuracy` {
  @Test func `counts labels among the k largest, of equal ones the first`() {
    check(Float.self)
    check(Double.self)

    func check<S: RealScalar>(_: S.Type) {
      let logits = Tensor<S>(rows: [
        [1, 2, 3], [3, 2, 1], [2, 2, 2], [-.infinity, .nan, .infinity],
      ])
      #expect(topKAccuracy(logits, [2, 1, 0, 1], k: 1) == 0.75)
      #expect(topKAccuracy(logits, [1, 1, 1, 2], k: 1) == 0)
      #expect(topKAccuracy(logits, [1, 1, 1, 2], k: 2) == 1)
      #expect(topKAccuracy(logits, [0, 2, 2, 0], k: 2) == 0)
      let undefined = Tensor<S>(rows: [[.nan, 1, .nan]])
      #expect((0..<3).map { topKAccuracy(undefined, [$0], k: 1) } == [1, 0, 0])
      #expect((0..<3).map { topKAccuracy(undefined, [$0], k: 2) } == [1, 0, 1])
      #expect(topKAccuracy(logits, [0, 2, 2, 0], k: 3) == 1)
    }
  }

  @Test func `with k = 1 is the accuracy, in any batches`() {
    var random = RandomSource(seed: 31)
    // Small integers, so that many are equal.
    let elements = (0..<60 * 5).map { _ in Float(random.integer(below: 3)) }
    let logits = Tensor(elements, shape: [60, 5])
    let labels = (0..<60).map { _ in random.integer(below: 5) }
    let whole = accuracy(logits, labels)
    #expect(whole > 0 && whole < 1)
    #expect(topKAccuracy(logits, labels, k: 1) == whole)
    var parts = TopKAccuracy(1)
    for range in [0..<1, 1..<18, 18..<60] {
      parts.add(logits.slice(range), Array(labels[range]))
    }
    #expect(parts.value == whole && parts.count == 60)
  }

  @Test func `does not count ignored labels, and is NaN without samples`() {
    var top = TopKAccuracy(1)
    #expect(top.value.isNaN)
    top.add(Tensor<Float>([1, 2, 1, 2], shape: [1, 2, 2]), [-5, 1], ignoring: -5)
    #expect(top.value == 1 && top.count == 1)
    top.add(Tensor<Float>.zeros([0, 3]), [])
    #expect(top.count == 1)
  }

  @Test func `stops for labels that do not fit`() async {
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = topKAccuracy(Tensor<Float>.zeros([2, 3]), [0], k: 1)
    }
    #expect(stopMessage(count).contains("1 labels against scores of shape [2, 3]"))
    let label = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = topKAccuracy(Tensor<Float>.zeros([1, 3]), [3], k: 1)
    }
    #expect(stopMessage(label).contains("label 3 of row 0 is outside the 3 classes"))
  }
}

@Suite struct `A confusion matrix` {
  private let tolerance = Tolerance(Double.self, length: 1, scale: 1)

  private func numbers(_ scores: ClassificationScores) -> [Double] {
    [scores.precision, scores.recall, scores.f1]
  }

  // The quotients by hand, from TP, the predictions and the labels: (2, 3, 3), (1, 3, 2), (0, 0,
  // 1). The fourth class does not occur, and does not count in the macro average.
  @Test func `has scikit-learn's precision, recall and F1`() {
    var confusion = ConfusionMatrix(classes: 4)
    confusion.add(predictions: [0, 0, 1], [0, 0, 0])
    confusion.add(predictions: [1, 0, 1, 3], [1, 1, 2, 9], ignoring: 9)
    #expect(confusion.counts == [2, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    #expect(confusion[label: 0, prediction: 1] == 1 && confusion[label: 2, prediction: 0] == 0)
    #expect(confusion.count == 6 && confusion.accuracy == 0.5)

    expectClose(numbers(confusion.scores(of: 0)), [2.0 / 3, 2.0 / 3, 2.0 / 3], tolerance)
    expectClose(numbers(confusion.scores(of: 1)), [1.0 / 3, 1.0 / 2, 2.0 / 5], tolerance)
    #expect(numbers(confusion.scores(of: 2)) == [0, 0, 0])
    #expect(confusion.scores(of: 2).support == 1 && confusion.scores(of: 1).predicted == 3)
    expectClose(
      numbers(confusion.average(.macro)), [1.0 / 3, 7.0 / 18, 16.0 / 45], tolerance)
    expectClose(
      numbers(confusion.average(.weighted)), [4.0 / 9, 1.0 / 2, 7.0 / 15], tolerance)
    #expect(numbers(confusion.average(.micro)) == [0.5, 0.5, 0.5])
  }

  // The example in the documentation of precision_recall_fscore_support: cat, dog and pig.
  @Test func `has the averages of scikit-learn's example`() {
    var confusion = ConfusionMatrix(classes: 3)
    confusion.add(predictions: [0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2])
    for average in [ConfusionMatrix.Average.macro, .weighted] {
      expectClose(
        numbers(confusion.average(average)), [2.0 / 9, 1.0 / 3, 4.0 / 15], tolerance)
    }
  }

  @Test func `counts logits by their largest element`() {
    var confusion = ConfusionMatrix(classes: 2)
    confusion.add(Tensor<Float>(rows: [[1, 2], [3, 0], [0, 0]]), [1, 1, 0])
    confusion.add(Tensor<Double>(rows: [[1, 2], [3, 0]]), [0, 7], ignoring: 7)
    #expect(confusion.counts == [1, 1, 1, 1])
  }

  @Test func `of no samples has NaN averages`() {
    let confusion = ConfusionMatrix(classes: 2)
    #expect(confusion.accuracy.isNaN)
    #expect(numbers(confusion.average(.macro)).map(\.isNaN) == [true, true, true])
    #expect(numbers(confusion.average(.weighted)).map(\.isNaN) == [true, true, true])
    #expect(numbers(confusion.average(.micro)).map(\.isNaN) == [true, true, true])
  }

  @Test func `stops for classes that it does not have`() async {
    let range = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var confusion = ConfusionMatrix(classes: 2)
      confusion.add(predictions: [2], [0])
    }
    #expect(stopMessage(range).contains("label 0 and prediction 2 of 2 classes"))
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var confusion = ConfusionMatrix(classes: 2)
      confusion.add(Tensor<Float>.zeros([1, 3]), [0])
    }
    #expect(stopMessage(shape).contains("logits of shape [1, 3] against 2 classes"))
  }
}

@Suite struct `The area under the ROC` {
  // The example in the documentation of roc_auc_score.
  @Test func `is scikit-learn's`() {
    var area = AreaUnderROC()
    area.add(Tensor<Double>([0.1, 0.4]), [false, false])
    area.add(Tensor<Double>([0.35, 0.8]), [true, true])
    #expect(area.value == 0.75 && area.count == 4)
  }

  @Test func `is the share of ordered pairs, ties as halves, in any batches`() {
    var random = RandomSource(seed: 32)
    let scores = Tensor<Float>((0..<200).map { _ in Float(random.integer(below: 12)) })
    let labels = (0..<200).map { _ in random.integer(below: 3) == 0 }
    var halves = 0
    for (p, isPositive) in labels.enumerated() where isPositive {
      for (n, other) in labels.enumerated() where !other {
        halves += scores[p] > scores[n] ? 2 : scores[p] == scores[n] ? 1 : 0
      }
    }
    let positives = labels.count { $0 }
    let expected = Double(halves) / Double(2 * positives * (200 - positives))
    var (whole, parts) = (AreaUnderROC(), AreaUnderROC())
    whole.add(scores, labels)
    for range in [150..<200, 0..<7, 7..<150] {
      parts.add(scores.slice(range), Array(labels[range]))
    }
    #expect(whole.value == expected && parts.value == expected)
    #expect(expected > 0.3 && expected < 0.7)
  }

  @Test func `is 1, 0 or ½ for perfect, reversed and equal scores`() {
    func value(_ scores: [Double]) -> Double {
      var area = AreaUnderROC()
      area.add(Tensor(scores), [false, true, true])
      return area.value
    }
    #expect(value([-.infinity, 0, .infinity]) == 1)
    #expect(value([3, 2, 1]) == 0)
    #expect(value([2, 2, 2]) == 0.5)
    #expect(value([1, .nan, 2]).isNaN)
    var area = AreaUnderROC()
    area.add(Tensor<Float>([1, 2]), [true, true])
    #expect(area.value.isNaN)
  }

  // Class 0: 0.6 and 0.5 against 0.3, 0.5 → 3½ of 4. Class 1: 0.3 against 0.3, 0.4, 0.2 → 1½ of 3.
  // Class 2: 0.3 against 0.1, 0.1, 0.4 → 2 of 3.
  @Test func `of one class against the rest`() {
    var areas = OneVersusRestROC(classes: 3)
    let scores = Tensor<Double>(rows: [
      [0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [9, 9, 9], [0.3, 0.3, 0.4], [0.5, 0.2, 0.3],
    ])
    areas.add(scores.slice(0..<3), [0, 0, -1], ignoring: -1)
    areas.add(scores.slice(3..<5), [1, 2])
    let expected = [3.5 / 4, 1.5 / 3, 2.0 / 3]
    #expect((0..<3).map(areas.value) == expected)
    let tolerance = Tolerance(Double.self, length: 3, scale: 1)
    expectClose([areas.macro], [expected.reduce(0, +) / 3], tolerance)
    expectClose(
      [areas.weighted], [(2 * expected[0] + expected[1] + expected[2]) / 4], tolerance)
    var missing = OneVersusRestROC(classes: 3)
    missing.add(scores.slice(0..<1), [0])
    #expect(missing.value(of: 1).isNaN && missing.macro.isNaN)
  }

  @Test func `stops for labels that do not fit`() async {
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var area = AreaUnderROC()
      area.add(Tensor<Float>.zeros([2, 3]), [true])
    }
    #expect(stopMessage(count).contains("1 labels against scores of shape [2, 3]"))
    let label = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var areas = OneVersusRestROC(classes: 2)
      areas.add(Tensor<Float>.zeros([1, 2]), [2])
    }
    #expect(stopMessage(label).contains("label 2 of row 0 is outside the 2 classes"))
  }
}
