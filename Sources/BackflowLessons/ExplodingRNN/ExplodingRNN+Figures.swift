internal import Backflow
internal import RealModule

extension ExplodingRNN {
  // MARK: - The gradient back in time

  /// Draws the norm of a gradient on its way back through recurrences without input.
  func picture(_ outcome: Outcome) -> ChartFigure {
    ChartFigure(
      "Every step back multiplies the gradient by one matrix, with a nonlinearity between",
      notes: [
        "No input. Left: small states, so that the nonlinearity is the identity; the prediction is"
          + " |λ₁|ᵏ times the component of the gradient along the eigenvector. Middle and right: W is"
          + " |λ₁| times one orthogonal matrix."
      ],
      panels: [signalPanel(outcome)]
        + [InterspersedRecurrence.Nonlinearity.relu, .tanh].map {
          interspersedPanel(outcome.interspersed, $0)
        })
  }

  private func signalPanel(_ outcome: Outcome) -> LineChart {
    let hues: [LineChart.Hue] = [.calm, .neutral, .alarm]
    let measured = zip(zip(radii, outcome.free), hues).map { pair, hue in
      LineChart.Series("|λ₁| = \(figure(pair.0))", pair.1.norms, hue: hue)
    }
    let predicted = zip(outcome.free, hues).enumerated().map { index, pair in
      LineChart.Series(
        index == 1 ? "predicted from |λ₁|ᵏ" : "", pair.0.predicted, hue: pair.1, isDashed: true)
    }
    let lstm = LineChart.Series("LSTM, forget bias 1", outcome.lstm.norms, hue: .accent)
    return LineChart(
      "Linear: h̄ ← Wᵀ h̄", horizontal: .linear("steps back in time, k"),
      vertical: .logarithmic("‖gradient of the state‖"), series: measured + [lstm] + predicted)
  }

  private func interspersedPanel(
    _ norms: InterspersedNorms, _ nonlinearity: InterspersedRecurrence.Nonlinearity
  ) -> LineChart {
    let hues: [LineChart.Hue] = [.calm, .alarm, .accent]
    let linear = zip(norms[.none], hues).enumerated().map { index, pair in
      LineChart.Series(
        index == 0 ? "without the nonlinearity" : "", pair.0, hue: pair.1, isDashed: true)
    }
    let measured = zip(zip(norms.radii, norms[nonlinearity]), hues).map { pair, hue in
      LineChart.Series("|λ₁| = \(figure(pair.0))", pair.1, hue: hue).withArrows
    }
    return LineChart(
      "\(nonlinearity.rawValue): h̄ ← Wᵀ (φ′ ⊙ h̄)", horizontal: .linear("steps back in time, k"),
      vertical: .logarithmic("‖gradient of the state‖", 1e-30...1e50), series: measured + linear,
      marks: [
        .init(at: Double(Float.greatestFiniteMagnitude), "overflow of Float: 3.4·10³⁸")
      ])
  }

  // MARK: - Training

  /// Draws the gradients and losses of the first steps, and those of the complete training.
  func trainingPicture(_ outcome: Outcome) -> ChartFigure {
    ChartFigure(
      "Large gradients harm the training without clipping; with clipping, it converges",
      notes: [
        "A ReLU recurrence of gain \(figure(gain)) and an LSTM read digits in \(64 / pixels) steps."
          + " Below: means over 10 steps, and the accuracy on held-out digits."
      ],
      panels: [
        firstSteps("Gradients of the first steps", "global norm before clipping", outcome, \.norms),
        firstSteps("Losses of the first steps", "loss, nats", outcome, \.losses),
        course(
          "Gradients of the complete training", "global norm before clipping", outcome, \.norms,
          .init(at: limit, "the limit")),
        course(
          "Losses of the complete training", "loss, nats", outcome, \.losses,
          .init(at: .log(Double(Digits.classCount)), "uniform guess: ln 10")),
      ])
  }

  /// Draws the values up to a few steps after the overflow.
  private func firstSteps(
    _ title: String, _ label: String, _ outcome: Outcome, _ values: (PixelTraining) -> [Double]
  ) -> LineChart {
    let count = min(outcome.plain.losses.count + 4, steps)
    return LineChart(
      title, horizontal: .count("step"), vertical: .logarithmic(label),
      series: outcome.trainings.map { training in
        let overflow = training.overflows ? [Double.infinity] : []
        return LineChart.Series(
          training.name + (training.overflows ? "; arrow: overflow" : ""),
          Array((values(training) + overflow).prefix(count)), hue: training.hue, hasDots: true
        ).withArrows
      })
  }

  /// Draws the values of the trainings that did not overflow.
  private func course(
    _ title: String, _ label: String, _ outcome: Outcome, _ values: (PixelTraining) -> [Double],
    _ mark: LineChart.Mark
  ) -> LineChart {
    let (complete, ended) = (
      outcome.trainings.filter { !$0.overflows }, outcome.trainings.filter(\.overflows)
    )
    return LineChart(
      title, horizontal: .linear("step", 0...Double(steps)), vertical: .logarithmic(label),
      series: complete.map { training in
        let means = means(of: values(training), over: 10)
        return LineChart.Series(
          "\(training.name): \(percent(training.accuracy))", x: means.x, means.y,
          hue: training.hue)
      },
      marks: [mark]
        + ended.map {
          .init(
            at: Double($0.losses.count), "overflow of \($0.name): \(percent($0.accuracy))",
            isVertical: true)
        })
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
