internal import Backflow
internal import RealModule

extension SigmoidSaturation {
  func report(_ outcomes: Outcomes) -> LessonReport {
    LessonReport(
      .sigmoidSaturation, failure: failure(outcomes),
      findings: outcomes.large.training.health.alarms, cure: cure(outcomes),
      figure: picture(outcomes).svg)
  }

  private func failure(_ outcomes: Outcomes) -> LessonReport.Account {
    let (large, small) = (outcomes.large, outcomes.small)
    let chance = Double.log(Double(Digits.classCount))
    let loss = large.training.losses.last?.value ?? .nan
    let (least, most) = large.profile.sigmoidFactors.bounds
    return LessonReport.Account(
      [
        "\(depth) layers of \(width) sigmoids, weights of standard deviation"
          + " \(figure(largeDeviation)): after \(steps) steps the loss is \(figure(loss)), a guess has"
          + " \(figure(chance)); \(percent(large.accuracy)) of the held-out digits are classified correctly.",
        "Before the first step z(1 − z) multiplies the gradient by \(figure(least)) to"
          + " \(figure(most)) a layer, and the lowest layer gets \(figure(large.profile.bottomShare))"
          + " of what enters at the top; that is of one batch, and other batches differ by orders of"
          + " magnitude.",
        "It is no better with Glorot's weights, which saturate nothing: a sigmoid leaves at most ¼,"
          + " here \(figure(small.profile.sigmoidFactors.bounds.most)), and \(depth) of them with their"
          + " weights leave \(figure(small.profile.bottomShare)); \(percent(small.accuracy)) right.",
      ],
      [
        "loss": loss, "chance_loss": chance, "accuracy": large.accuracy,
        "gradient_at_bottom": large.profile.bottomShare, "smallest_sigmoid_factor": least,
        "largest_sigmoid_factor": most, "small_weights_accuracy": small.accuracy,
        "small_weights_gradient_at_bottom": small.profile.bottomShare,
        "small_weights_largest_sigmoid_factor": small.profile.sigmoidFactors.bounds.most,
      ])
  }

  private func cure(_ outcomes: Outcomes) -> LessonReport.Account {
    let (scaled, normalized) = (outcomes.scaled, outcomes.normalized)
    return LessonReport.Account(
      [
        "Weights that make up for the ¼, Glorot's × 4: the lowest layer gets"
          + " \(figure(scaled.profile.bottomShare)) of the gradient;"
          + " \(percent(scaled.accuracy)) right.",
        "The large weights with batch normalisation before each sigmoid: it gets"
          + " \(figure(normalized.profile.bottomShare)); \(percent(normalized.accuracy)) right.",
      ],
      [
        "scaled_accuracy": scaled.accuracy,
        "scaled_loss": scaled.training.losses.last?.value ?? .nan,
        "scaled_gradient_at_bottom": scaled.profile.bottomShare,
        "normalized_accuracy": normalized.accuracy,
        "normalized_loss": normalized.training.losses.last?.value ?? .nan,
        "normalized_gradient_at_bottom": normalized.profile.bottomShare,
      ])
  }

  // MARK: - The figure

  /// The loss step by step, and layer by layer what sigmoids and weights make of the gradient.
  private func picture(_ outcomes: Outcomes) -> ChartFigure {
    ChartFigure(
      "Saturated sigmoids pass no gradient on, and no sigmoid passes more than a quarter",
      notes: [
        "\(depth) layers of \(width) sigmoids read digits. A layer multiplies the gradient by its"
          + " weights and by z(1 − z) ≤ ¼ (measured before the first step)."
      ],
      panels: [
        lossPanel(outcomes),
        layerPanel("Each sigmoid", outcomes, \.sigmoidFactors, at: 0.25, "¼, the most there is"),
        layerPanel(
          "Each weight (with its normalisation)", outcomes, \.weightFactors, at: 4,
          "4 would make up for ¼"),
      ])
  }

  private func lossPanel(_ outcomes: Outcomes) -> LineChart {
    LineChart(
      "Training", horizontal: .linear("step"), vertical: .linear("training loss, nats"),
      series: outcomes.all.map { outcome in
        LineChart.Series(
          "\(outcome.name): \(percent(outcome.accuracy)) right",
          x: outcome.training.losses.map { Double($0.step) },
          outcome.training.losses.map(\.value), hue: outcome.hue,
          isDashed: outcome.hue == .neutral)
      }, marks: [.init(at: .log(Double(Digits.classCount)), "a guess: ln 10")])
  }

  private func layerPanel(
    _ title: String, _ outcomes: Outcomes, _ factors: (SignalProfile) -> [Double],
    at value: Double, _ label: String
  ) -> LineChart {
    LineChart(
      title, horizontal: .linear("layer, from the input"),
      vertical: .logarithmic("‖gradient below‖ / ‖gradient above‖"),
      series: outcomes.all.map { outcome in
        LineChart.Series(
          "", x: (1...depth).map { Double($0) }, factors(outcome.profile), hue: outcome.hue,
          isDashed: outcome.hue == .neutral, hasDots: true)
      }, marks: [.init(at: value, label)])
  }
}

extension [Double] {
  /// The least and the greatest.
  var bounds: (least: Double, most: Double) { (self.min() ?? .nan, self.max() ?? .nan) }
}
