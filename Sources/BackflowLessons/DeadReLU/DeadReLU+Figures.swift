internal import Backflow

extension DeadReLU {
  /// Draws the fraction of inactive units and the accuracy at each step, and the largest
  /// preactivation of each unit.
  func picture(_ outcomes: Outcomes) -> ChartFigure {
    let lowered = LineChart.Mark(
      at: Double(firstSteps), "reduction of the large rate", isVertical: true)
    let (before, between) = (outcomes.killed.censuses[0], outcomes.killed.censuses[1])
    return ChartFigure(
      "Too large a learning rate kills \(between.dead.count) of \(width) rectified units permanently",
      notes: [
        "A unit that is inactive for all \(before.examples) training images has zero gradient. A smaller"
          + " rate does not revive it. A leaky unit that is inactive still learns."
      ],
      panels: [
        LineChart(
          "Units inactive for all images", horizontal: .linear("step"),
          vertical: .linear("fraction of the units, %", 0...102),
          series: outcomes.all.map { outcome in
            LineChart.Series(
              outcome.name, x: outcome.silent.map { Double($0.step) },
              outcome.silent.map { 100 * $0.share }, hue: outcome.hue,
              isDashed: outcome.hue == .neutral)
          }, marks: [lowered]),
        LineChart(
          "Accuracy on held-out digits", horizontal: .linear("step"),
          vertical: .linear("accuracy, %", 0...102),
          series: outcomes.all.map { outcome in
            LineChart.Series(
              "\(outcome.name): \(percent(outcome.accuracy))",
              x: outcome.silent.map { Double($0.step) }, outcome.accuracies.map { 100 * $0 },
              hue: outcome.hue, isDashed: outcome.hue == .neutral)
          }, marks: [lowered]),
        LineChart(
          "Largest input of each unit", horizontal: .linear("units, sorted"),
          vertical: .linear("maximum of a over all training images"),
          series: [
            .init("before the first step", before.maxima.sorted(), hue: .neutral),
            .init("after \(firstSteps) steps", between.maxima.sorted(), hue: .alarm),
          ], marks: [.init(at: 0, "dead below this value")]),
      ])
  }

  /// Draws the fraction of dead units and the accuracy against the learning rate.
  func sweepPicture(_ sweep: RateSweep) -> ChartFigure {
    let rates = sweep.points.map(\.rate)
    func series(
      _ name: String, _ values: (RateSweep.Point) -> [Double], hue: LineChart.Hue
    ) -> LineChart.Series {
      let percents = sweep.points.map { values($0).map { 100 * $0 } }
      return LineChart.Series(
        name, x: rates, percents.map { $0.reduce(0, +) / Double($0.count) },
        band: percents.map { $0.bounds.least...$0.bounds.most }, hue: hue, hasDots: true)
    }
    return ChartFigure(
      "The larger the learning rate, the more rectified units die",
      notes: [
        "\(width) units, \(sweepSteps) steps with one learning rate. Line: mean over \(sweepSeeds)"
          + " seeds. Band: their range."
      ],
      panels: [
        LineChart(
          "Dead units: inactive for all training images",
          horizontal: .logarithmic("learning rate"),
          vertical: .linear("fraction of the units, %", 0...102),
          series: [series("dead ReLUs", \.deadShares, hue: .alarm)],
          marks: [.init(at: 40, "the essay's 40 %")]),
        LineChart(
          "Accuracy on held-out digits", horizontal: .logarithmic("learning rate"),
          vertical: .linear("accuracy, %", 0...102),
          series: [series("accuracy", \.accuracies, hue: .calm)]),
      ])
  }
}
