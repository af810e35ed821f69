internal import Backflow
internal import RealModule

extension ExplodingRNN {
  // MARK: - The gradient back in time

  /// Draws the norm of a gradient on its way back through recurrences without input.
  func picture(_ outcome: Outcome) -> ChartFigure {
    ChartFigure(
      "Every step back multiplies the gradient by the same matrix, with a nonlinearity between",
      notes: [
        "No input. Left: small states, so that the nonlinearity is the identity; dashed: |λ₁|ᵏ times"
          + " the component of the gradient along the eigenvector. Middle and right: |λ₁| times one"
          + " orthogonal matrix; dashed: without the nonlinearity, |λ₁|ᵏ."
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
    let predicted = zip(outcome.free, hues).map { free, hue in
      LineChart.Series("", free.predicted, hue: hue, isDashed: true)
    }
    let lstm = LineChart.Series("LSTM, forget bias 1", outcome.lstm.norms, hue: .accent)
    return LineChart(
      "Linear: h̄ ← Wᵀ h̄", horizontal: .linear("steps back in time, k"),
      vertical: .logarithmic("‖gradient of the state‖"), series: predicted + measured + [lstm])
  }

  private func interspersedPanel(
    _ norms: InterspersedNorms, _ nonlinearity: InterspersedRecurrence.Nonlinearity
  ) -> LineChart {
    let hues: [LineChart.Hue] = [.calm, .accent, .alarm]
    let linear = zip(norms[.none], hues).map {
      LineChart.Series("", $0, hue: $1, isDashed: true)
    }
    let measured = zip(zip(norms.radii, norms[nonlinearity]), hues).map { pair, hue in
      LineChart.Series("|λ₁| = \(figure(pair.0))", pair.1, hue: hue).withArrows
    }
    return LineChart(
      "\(nonlinearity.rawValue): h̄ ← Wᵀ (φ′ ⊙ h̄)", horizontal: .linear("steps back in time, k"),
      vertical: .logarithmic("‖gradient of the state‖", 1e-30...1e50), series: linear + measured,
      marks: [
        .init(at: Double(Float.greatestFiniteMagnitude), "overflow of Float: 3.4·10³⁸")
      ])
  }

  // MARK: - Training

  /// Draws the gradients of the first steps, and the losses and gradients of the training.
  func trainingPicture(_ outcome: Outcome) -> ChartFigure {
    ChartFigure(
      "Without clipping, the training overflows after a few steps; with clipping, it converges",
      notes: [
        "A ReLU recurrence of gain \(figure(gain)) and an LSTM read digits in \(64 / pixels) steps."
          + " Arrow: not finite. Middle and right: means over 10 steps."
      ],
      panels: [firstStepsPanel(outcome), lossPanel(outcome), normPanel(outcome)])
  }

  /// Draws the norms of the gradients up to a few steps after the overflow.
  private func firstStepsPanel(_ outcome: Outcome) -> LineChart {
    let count = min(outcome.plain.losses.count + 4, steps)
    return LineChart(
      "Gradients of the first steps", horizontal: .count("step"),
      vertical: .logarithmic("global norm before clipping"),
      series: outcome.trainings.map { training in
        let values = Array(training.normsToOverflow.prefix(count))
        return LineChart.Series(
          training.name + (training.overflows ? ", arrow: overflow" : ""), values,
          hue: training.hue, hasDots: true
        ).withArrows
      }, marks: [.init(at: limit, "the limit")])
  }

  private func lossPanel(_ outcome: Outcome) -> LineChart {
    LineChart(
      "Training", horizontal: .linear("step", 0...Double(steps)),
      vertical: .logarithmic("loss, nats"),
      series: outcome.trainings.map {
        curve(
          "\($0.name): \(percent($0.accuracy)) accuracy",
          $0.losses + ($0.overflows ? [.infinity] : []), $0.hue)
      }, marks: [.init(at: .log(Double(Digits.classCount)), "uniform guess: ln 10")])
  }

  private func normPanel(_ outcome: Outcome) -> LineChart {
    LineChart(
      "Gradients before clipping", horizontal: .linear("step", 0...Double(steps)),
      vertical: .logarithmic("global norm"),
      series: outcome.trainings.map { curve($0.name, $0.normsToOverflow, $0.hue) },
      marks: [.init(at: limit, "the limit")])
  }

  /// Returns a curve of means over ten steps, or of single steps if the training ended early.
  private func curve(
    _ name: String, _ values: [Double], _ hue: LineChart.Hue
  ) -> LineChart.Series {
    let brokeOff = values.count < steps / 10
    let means = means(of: values, over: brokeOff ? 1 : 10)
    return LineChart.Series(name, x: means.x, means.y, hue: hue, hasDots: brokeOff).withArrows
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

extension PixelTraining {
  /// The norms of the gradients, and ∞ for the step that overflowed.
  fileprivate var normsToOverflow: [Double] { norms + (overflows ? [.infinity] : []) }
}
