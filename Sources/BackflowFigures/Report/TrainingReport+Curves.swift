extension TrainingReport {
  /// The loss and what was measured on the validation data.
  var lossPart: Part? {
    var part = Part("Loss and validation")
    let named = validation.filter { !$0.values.isEmpty }
    let losses = [("training", loss, LineChart.Hue.calm)].filter { !$0.1.isEmpty }
      + named.filter { $0.name == "loss" }.map { ("validation", $0.values, .neutral) }
    if !losses.isEmpty {
      part.add(
        "loss.svg", ChartFigure("Loss", panels: [.curves("loss", losses)]),
        caption: "A healthy loss falls and then levels off; a validation loss that rises while the"
          + " training loss still falls is a sign of overfitting.")
    }
    let metrics = named.filter { $0.name != "loss" }
    if !metrics.isEmpty {
      part.add(
        "validation.svg",
        ChartFigure(
          "Validation",
          panels: metrics.map { .curves($0.name, [("", $0.values, .calm)]) }),
        caption: "Each point was measured on data that the network does not learn from, so that it"
          + " tells how well the network does on new data.")
    }
    return part.unlessEmpty
  }

  /// What determines the length of the updates.
  var updatePart: Part? {
    var part = Part("Learning rate and gradient")
    let curves = [("learning rate", learningRate), ("norm of the gradient", gradientNorm)]
      .filter { !$0.1.isEmpty }
    if !curves.isEmpty {
      part.add(
        "updates.svg",
        ChartFigure(
          "Learning rate and gradient",
          panels: curves.map { .curves($0.0, [("", $0.1, .calm)]) }),
        caption: "A norm of the gradient that jumps or keeps growing is a sign of steps that are too"
          + " long, and one that falls to zero while the loss is still high is a sign of a gradient"
          + " that vanishes.")
    }
    return part.unlessEmpty
  }
}

extension LineChart {
  /// A panel of curves over the training steps.
  fileprivate static func curves(
    _ name: String, _ curves: [(name: String, values: TrainingReport.Curve, hue: Hue)]
  ) -> LineChart {
    let sorted = curves.map { ($0.name, $0.values.inOrder, $0.hue) }
    let values = sorted.flatMap { $0.1.map(\.value) }
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
      name, horizontal: .count("training step"), vertical: .fitting(values, name),
      series: sorted.map { .summary(of: $0.1, $0.0, hue: $0.2) }, marks: marks)
  }
}

extension LineChart.Scale {
  /// A logarithmic scale for positive values that differ by more than a factor of ten, otherwise a
  /// linear one.
  fileprivate static func fitting(_ values: [Double], _ label: String) -> LineChart.Scale {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max(), low > 0, high > 10 * low else {
      return .linear(label)
    }
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
    return LineChart.Series(
      name, x: x, y, band: length > 1 ? band : nil, hue: hue, hasDots: curve.count <= 40
    ).withArrows
  }
}

extension TrainingReport.Curve {
  /// The points in the order of their steps, of which the last value counts.
  fileprivate var inOrder: TrainingReport.Curve {
    let latest = Dictionary(map { ($0.step, $0.value) }, uniquingKeysWith: { _, last in last })
    return latest.sorted { $0.key < $1.key }.map { (step: $0.key, value: $0.value) }
  }
}
