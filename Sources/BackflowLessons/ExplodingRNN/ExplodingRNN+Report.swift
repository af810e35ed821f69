internal import Backflow
internal import RealModule

extension ExplodingRNN {
  func report(_ outcome: Outcome) -> LessonReport {
    LessonReport(
      .explodingRNN, failure: failure(outcome),
      findings: (outcome.free + [outcome.lstm]).flatMap(\.findings) + outcome.plain.findings
        + outcome.clipped.findings.filter { $0.kind == .clipping }, cure: cure(outcome),
      figure: picture(outcome).svg)
  }

  private func failure(_ outcome: Outcome) -> LessonReport.Account {
    let plain = outcome.plain
    var measures = [
      "accuracy": plain.accuracy, "steps": Double(plain.losses.count),
      "largest_gradient_norm": plain.norms.max() ?? .nan,
    ]
    let lines = zip(radii, outcome.free).map { radius, free in
      let left = free.norms.last ?? .nan
      measures["factor_per_step_\(figure(radius))"] = free.factorPerStep
      measures["gradient_left_\(figure(radius))"] = left
      measures["error_of_prediction_\(figure(radius))"] = free.predictionError
      return
        "For |λ₁| = \(figure(radius)), \(figure(left)) of a gradient is left after \(stepsBack)"
        + " steps, with a final factor of \(figure(free.factorPerStep)) per step; |λ₁|^\(stepsBack)"
        + " times its component along the eigenvector is \(figure(free.predicted.last ?? .nan))."
    }
    let end =
      plain.losses.count < steps
      ? "overflows in step \(plain.losses.count)" : "does not converge in \(steps) steps"
    return LessonReport.Account(
      lines + [
        "The training of a ReLU recurrence of gain \(figure(gain)) that reads digits in"
          + " \(64 / pixels) steps starts with a gradient of norm"
          + " \(figure(plain.norms.first ?? .nan)) and \(end); \(percent(plain.accuracy)) of the"
          + " held-out digits are classified correctly."
      ], measures)
  }

  private func cure(_ outcome: Outcome) -> LessonReport.Account {
    let (clipped, lstm) = (outcome.clipped, outcome.lstmClipped)
    let worst = outcome.free[outcome.free.count - 1].clipping
    return LessonReport.Account(
      [
        "Clipping by the global norm reduces the gradient of the parameters at |λ₁| ="
          + " \(figure(radii[radii.count - 1])) from \(figure(worst.normBefore)) to"
          + " \(figure(worst.normAfter)) and preserves its direction (cosine \(figure(worst.cosine))).",
        "With clipping, \(percent(clipped.accuracy)) of the held-out digits are classified correctly;"
          + " \(percent(clipped.clippedShare ?? 0)) of the steps were clipped.",
        "In an LSTM, the factor is \(figure(outcome.lstm.factorPerStep)) per step,"
          + " \(figure(outcome.lstm.norms.last ?? .nan)) of a gradient is left after \(stepsBack) steps,"
          + " and \(percent(lstm.accuracy)) of the held-out digits are classified correctly.",
      ],
      [
        "norm_before_clipping": worst.normBefore, "norm_after_clipping": worst.normAfter,
        "cosine": worst.cosine, "clipped_accuracy": clipped.accuracy,
        "clipped_share": clipped.clippedShare ?? 0, "lstm_accuracy": lstm.accuracy,
        "lstm_factor_per_step": outcome.lstm.factorPerStep,
        "lstm_gradient_left": outcome.lstm.norms.last ?? .nan,
      ])
  }

  // MARK: - The figure

  private func picture(_ outcome: Outcome) -> ChartFigure {
    ChartFigure(
      "A recurrence multiplies the gradient by |λ₁| at every step; clipping prevents the divergence"
        + " of the training",
      notes: [
        "Left: no input, small states. Dashed: |λ₁|ᵏ times the gradient's component along the eigenvector."
          + " Middle and right: digits read in \(64 / pixels) steps, means over 10 steps."
      ],
      panels: [signalPanel(outcome), lossPanel(outcome), normPanel(outcome)])
  }

  private func signalPanel(_ outcome: Outcome) -> LineChart {
    let hues: [LineChart.Hue] = [.calm, .neutral, .alarm]
    let measured = zip(zip(radii, outcome.free), hues).map { pair, hue in
      LineChart.Series("|λ₁| = \(figure(pair.0))", pair.1.norms, hue: hue)
    }
    let predicted = zip(outcome.free, hues).map { free, hue in
      LineChart.Series("", free.predicted, hue: hue, isDashed: true)
    }
    let lstm = LineChart.Series("LSTM, forget bias 1", outcome.lstm.norms, hue: .accent)
    return LineChart(
      "Without input", horizontal: .linear("steps back in time"),
      vertical: .logarithmic("‖gradient of the state‖"), series: predicted + measured + [lstm])
  }

  private func lossPanel(_ outcome: Outcome) -> LineChart {
    LineChart(
      "Training", horizontal: .linear("step", 0...Double(steps)),
      vertical: .logarithmic("loss, nats", 0.1...1e4),
      series: outcome.trainings.map {
        curve("\($0.name): \(percent($0.accuracy)) accuracy", $0.losses, $0.hue)
      }, marks: [.init(at: .log(Double(Digits.classCount)), "uniform guess: ln 10")])
  }

  private func normPanel(_ outcome: Outcome) -> LineChart {
    LineChart(
      "Gradients before clipping", horizontal: .linear("step", 0...Double(steps)),
      vertical: .logarithmic("global norm", 0.1...1e4),
      series: outcome.trainings.map { curve($0.name, $0.norms, $0.hue) },
      marks: [.init(at: limit, "the limit")])
  }

  /// Returns a curve of means over ten steps, or of single steps if the training ended early.
  private func curve(
    _ name: String, _ values: [Double], _ hue: LineChart.Hue
  ) -> LineChart.Series {
    let brokeOff = values.count < steps / 10
    let means = means(of: values, over: brokeOff ? 1 : 10)
    return LineChart.Series(name, x: means.x, means.y, hue: hue, hasDots: brokeOff)
  }

  /// Returns the mean of each `count` values, at the position of the first of them.
  private func means(of values: [Double], over count: Int) -> (x: [Double], y: [Double]) {
    let starts = Array(stride(from: 0, to: values.count, by: count))
    return (
      starts.map { Double($0) },
      starts.map { start in
        let part = values[start..<min(start + count, values.count)]
        return part.reduce(0, +) / Double(part.count)
      }
    )
  }
}

extension FreeRecurrence {
  /// The error of the prediction from the eigenvalue for the last norm, relative to the prediction.
  var predictionError: Double {
    guard let last = norms.last, let expected = predicted.last else { return .nan }
    return abs(last - expected) / expected
  }
}
