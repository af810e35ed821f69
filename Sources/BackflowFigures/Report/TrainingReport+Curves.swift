extension TrainingReport {
  /// The loss and what was measured on the validation data.
  var lossPart: Part? {
    let named = validation.filter { !$0.values.isEmpty }
    let losses =
      [("training", loss, LineChart.Hue.calm)].filter { !$0.1.isEmpty }
      + named.filter { $0.name == "loss" }.map { ("validation", $0.values, .neutral) }
    let metrics = named.filter { $0.name != "loss" }.map { metric in
      LineChart.curves(.linear(metric.name + " on validation data"), [("", metric.values, .calm)])
    }
    let panels =
      (losses.isEmpty ? [] : [.curves(.fitting(losses.flatMap(\.1), "loss"), losses)]) + metrics
    guard !panels.isEmpty else { return nil }
    var part = Part("Loss and validation")
    part.add(
      "loss.svg", ChartFigure("Loss and validation", panels: panels),
      caption: "A healthy loss falls and then levels off; values on validation data that become"
        + " worse while the loss of the training still falls are a sign of overfitting.")
    return part
  }

  /// What determines the length of the updates.
  var updatePart: Part? {
    let curves: [(scale: LineChart.Scale, values: Curve)] = [
      (.linear("learning rate"), learningRate),
      (.fitting(gradientNorm, "norm of the gradient"), gradientNorm),
    ].filter { !$0.values.isEmpty }
    let panels = curves.map { LineChart.curves($0.scale, [("", $0.values, .calm)]) }
    guard !panels.isEmpty else { return nil }
    var part = Part("Learning rate and gradient")
    part.add(
      "updates.svg", ChartFigure("Learning rate and gradient", panels: panels),
      caption: "A norm of the gradient that jumps or keeps growing is a sign of steps that are too"
        + " long, and one that falls to zero while the loss is still high is a sign of a gradient"
        + " that vanishes.")
    return part
  }
}

extension LineChart {
  /// A panel of curves over the training steps.
  fileprivate static func curves(
    _ vertical: Scale, _ curves: [(name: String, values: TrainingReport.Curve, hue: Hue)]
  ) -> LineChart {
    let sorted = curves.map { ($0.name, latest(of: $0.values), $0.hue) }
    // A curve with a name is told apart by the legend.
    let marks = sorted.compactMap { name, curve, _ in
      curve.first { !$0.value.isFinite }.map { first in
        Mark(
          at: Double(first.step),
          (name.isEmpty ? "" : "\(name): ") + "not finite from step \(first.step)",
          isVertical: true)
      }
    }
    return LineChart(
      vertical.label, horizontal: .count("training step"), vertical: vertical,
      series: sorted.map { .summary(of: $0.1, $0.0, hue: $0.2) }, marks: marks)
  }
}

extension LineChart.Scale {
  /// A logarithmic scale if no value is negative and the positive ones differ by more than a factor
  /// of 20, otherwise a linear one.
  fileprivate static func fitting(
    _ curve: TrainingReport.Curve, _ label: String
  ) -> LineChart.Scale {
    let finite = curve.map(\.value).filter(\.isFinite)
    let positive = finite.filter { $0 > 0 }
    guard let low = positive.min(), let high = positive.max(), high > 20 * low,
      finite.allSatisfy({ $0 >= 0 })
    else { return .linear(label) }
    return .logarithmic(label)
  }
}

extension LineChart.Series {
  /// A curve of all points if there are few, and otherwise of the means of blocks of points, with a
  /// band from the smallest to the largest value of a block.
  fileprivate static func summary(
    of curve: TrainingReport.Curve, _ name: String, hue: LineChart.Hue
  ) -> LineChart.Series {
    let length = (curve.count + 249) / 250
    let blocks = stride(from: 0, to: curve.count, by: max(1, length)).map {
      curve[$0..<min($0 + length, curve.count)]
    }
    let x = blocks.map { block in block.reduce(0) { $0 + Double($1.step) } / Double(block.count) }
    let finite = blocks.map { $0.map(\.value).filter(\.isFinite) }
    // A block without a finite value shows its first one, and no band.
    let y = zip(blocks, finite).map { block, finite in
      finite.isEmpty
        ? block.first?.value ?? .nan
        : finite.reduce(0) { $0 + $1 / Double(finite.count) }
    }
    let band = finite.map { ($0.min() ?? -.infinity)...($0.max() ?? .infinity) }
    var series = LineChart.Series(
      name, x: x, y, band: length > 1 ? band : nil, hue: hue, hasDots: curve.count <= 40
    ).withArrows
    series.dotTitles = zip(x, y).map { "step \(whole($0)): \(short($1))" }
    return series
  }
}
