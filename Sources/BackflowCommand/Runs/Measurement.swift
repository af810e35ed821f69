internal import Backflow
internal import Foundation

/// How well a network answers for samples that it was not trained on.
struct Measurement {
  /// The mean loss: the cross-entropy in nats, or the mean squared error.
  let loss: Double
  /// The other measurements with their names.
  let others: [(name: String, value: Double)]

  var all: [(name: String, value: Double)] { [("loss", loss)] + others }

  /// The measurements in one line, such as "loss 0.0934, accuracy 97.2 %".
  var description: String {
    all.map { name, value in
      name == "accuracy"
        ? String(format: "accuracy %.2f %%", 100 * value)
        : "\(name.replacing("_", with: " ")) \(fourDigits(value))"
    }.joined(separator: ", ")
  }
}

/// The sums of a measurement over batches.
struct Measuring {
  private var loss = Perplexity()
  private(set) var confusion: ConfusionMatrix?
  private var scores = RegressionScores()
  private let preprocessing: Preprocessing
  private let showsPerplexity: Bool

  /// A class that does not count for the accuracy.
  private let pause: Int?

  init(_ preprocessing: Preprocessing, classes: Int?, pause: Int? = nil) {
    (self.preprocessing, self.pause) = (preprocessing, pause)
    confusion = classes.map { ConfusionMatrix(classes: $0) }
    showsPerplexity = if case .text = preprocessing.input { true } else { false }
  }

  mutating func add(_ output: Tensor<Float>, _ target: Target) {
    switch target {
    case .labels(let labels):
      loss.add(output, labels)
      confusion?.add(output, labels, ignoring: pause)
    case .values(let values):
      loss.add(meanLoss: Double(target.loss(output).loss), count: output.count)
      guard case .values(let scale?) = preprocessing.targets else {
        scores.add(output, values)
        return
      }
      scores.add(scale.inverse(output), scale.inverse(values))
    }
  }

  /// The measurement, or `nil` of no samples.
  var measurement: Measurement? {
    guard loss.count > 0 else { return nil }
    guard let confusion else {
      return Measurement(
        loss: loss.meanLoss,
        others: [
          ("r_squared", scores.rSquared), ("mean_absolute_error", scores.meanAbsoluteError),
        ])
    }
    let others = [("accuracy", confusion.accuracy)]
    return Measurement(
      loss: loss.meanLoss, others: showsPerplexity ? [("perplexity", loss.value)] + others : others)
  }
}

extension Sequential<Float> {
  /// Measures the network on the samples that are held out.
  func measured(on data: TaskData) throws -> Measuring {
    try measured(
      on: data.validation,
      Measuring(data.preprocessing, classes: data.classes, pause: data.pause))
  }

  /// Measures the network on batches, which it reads in order if it carries its state.
  func measured(on batches: SampleBatches, _ empty: Measuring) throws -> Measuring {
    var measuring = empty
    var network = self
    for (index, indices) in batches.batches.epoch(0).enumerated() {
      let (input, target) = try batches.batch(0, indices)
      if index == 0 { network.resetState(batch: input.shape.last ?? 1) }
      let (output, cache) = network.forward(input)
      network.updateBuffers(from: cache)
      measuring.add(output, target)
    }
    return measuring
  }
}

/// A number with four significant digits.
func fourDigits(_ value: Double) -> String {
  abs(value) >= 1e4 && abs(value) < 1e15
    ? String(format: "%.0f", value) : String(format: "%.4g", value)
}

/// A number with three significant digits.
func threeDigits(_ value: Double) -> String { String(format: "%.3g", value) }
