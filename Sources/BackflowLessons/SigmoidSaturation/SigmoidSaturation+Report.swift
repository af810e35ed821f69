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
        "A network has \(depth) layers of \(width) sigmoids and weights of standard deviation"
          + " \(figure(largeDeviation)). After \(steps) steps, its loss is \(figure(loss)) (a uniform guess"
          + " has \(figure(chance))), and \(percent(large.accuracy)) of the held-out digits are classified"
          + " correctly.",
        "Before the first step, z(1 − z) multiplies the gradient by \(figure(least)) to"
          + " \(figure(most)) in each layer, and \(figure(large.profile.bottomShare)) of the gradient at the"
          + " output reaches the first layer. This is measured on one batch; other batches differ by orders"
          + " of magnitude.",
        "Glorot initialization saturates no sigmoids but is no better: a sigmoid passes at most ¼ of the"
          + " gradient, here \(figure(small.profile.sigmoidFactors.bounds.most)), and \(depth) layers pass"
          + " \(figure(small.profile.bottomShare)); \(percent(small.accuracy)) of the held-out digits are"
          + " classified correctly.",
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
        "With weights that compensate for the factor ¼, four times those of Glorot initialization,"
          + " \(figure(scaled.profile.bottomShare)) of the gradient reaches the first layer, and"
          + " \(percent(scaled.accuracy)) of the held-out digits are classified correctly.",
        "With the large weights and batch normalization before each sigmoid,"
          + " \(figure(normalized.profile.bottomShare)) reaches the first layer, and"
          + " \(percent(normalized.accuracy)) are classified correctly.",
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

  /// Draws the loss at each step, and the factors by which sigmoids and weights multiply the
  /// gradient in each layer.
  private func picture(_ outcomes: Outcomes) -> ChartFigure {
    ChartFigure(
      "Saturated sigmoids pass almost no gradient, and no sigmoid passes more than a quarter",
      notes: [
        "\(depth) layers of \(width) sigmoids classify digits. A layer multiplies the gradient by its"
          + " weights and by z(1 − z) ≤ ¼ (measured before the first step)."
      ],
      panels: [
        lossPanel(outcomes),
        layerPanel("Each sigmoid", outcomes, \.sigmoidFactors, at: 0.25, "¼, the largest value"),
        layerPanel(
          "Each weight (with its normalization)", outcomes, \.weightFactors, at: 4,
          "4 compensates for ¼"),
      ])
  }

  private func lossPanel(_ outcomes: Outcomes) -> LineChart {
    LineChart(
      "Training", horizontal: .linear("step"), vertical: .linear("training loss, nats"),
      series: outcomes.all.map { outcome in
        LineChart.Series(
          "\(outcome.name): \(percent(outcome.accuracy)) accuracy",
          x: outcome.training.losses.map { Double($0.step) },
          outcome.training.losses.map(\.value), hue: outcome.hue,
          isDashed: outcome.hue == .neutral)
      }, marks: [.init(at: .log(Double(Digits.classCount)), "uniform guess: ln 10")])
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
  /// The minimum and maximum.
  var bounds: (least: Double, most: Double) { (self.min() ?? .nan, self.max() ?? .nan) }
}
