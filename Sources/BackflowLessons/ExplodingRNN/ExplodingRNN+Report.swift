internal import Backflow
internal import RealModule

extension ExplodingRNN {
  func report(_ outcome: Outcome) -> LessonReport {
    let findings = (outcome.free + [outcome.lstm]).flatMap(\.findings) + outcome.plain.findings
    return LessonReport(
      .explodingRNN, claims: claims(outcome), failure: failure(outcome),
      // The advice of other findings is not followed here.
      findings: findings.filter {
        [.vanishingGradient, .explodingGradient, .nonFinite].contains($0.kind)
      }, cure: cure(outcome),
      figures: [("", picture(outcome).svg), ("training", trainingPicture(outcome).svg)])
  }

  private func claims(_ outcome: Outcome) -> [Claim] {
    let interspersed = outcome.interspersed
    let largest = interspersed.radii.indices.last ?? 0
    let least = min(outcome.clipped.accuracy, outcome.lstmClipped.accuracy)
    return [
      Claim(
        "Without a nonlinearity, the gradient after \(stepsBack) steps back is |λ₁|^\(stepsBack) times its"
          + " component along the eigenvector, up to a relative error of 1e-6.",
        outcome.free.map(\.predictionError).max() ?? .nan, atMost: 1e-6),
      Claim(
        "A nonlinearity between does not enlarge it: it is at most |λ₁|ᵏ after k steps back through"
          + " multiples of an orthogonal matrix.", interspersed.largestRatio, atMost: 1 + 1e-6),
      Claim(
        "For |λ₁| = \(figure(interspersed.radii[largest])) it explodes nevertheless, more than a thousand"
          + " times, with tanh and with ReLU.",
        min(interspersed[.tanh][largest].last ?? .nan, interspersed[.relu][largest].last ?? .nan),
        atLeast: 1e3),
      Claim(
        "With clipping, and with an LSTM, at least 50 % of the held-out digits are classified correctly.",
        least, atLeast: 0.5),
      Claim(
        "Without clipping, at least 10 % of all held-out digits fewer are classified correctly.",
        least - outcome.plain.accuracy, atLeast: 0.1),
    ]
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
    for nonlinearity in [InterspersedRecurrence.Nonlinearity.relu, .tanh] {
      for (radius, norms) in zip(
        outcome.interspersed.radii, outcome.interspersed[nonlinearity])
      {
        let key = "\(nonlinearity)_gradient_left_\(figure(radius))"
        measures[key] = norms.last ?? .nan
      }
    }
    let end =
      plain.losses.count < steps
      ? "overflows in step \(plain.losses.count)" : "continues for \(steps) steps"
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
        "In an LSTM, a gated cell, the factor is \(figure(outcome.lstm.factorPerStep)) per step,"
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
}

extension FreeRecurrence {
  /// The error of the prediction from the eigenvalue for the last norm, relative to the prediction.
  var predictionError: Double {
    guard let last = norms.last, let expected = predicted.last else { return .nan }
    return abs(last - expected) / expected
  }
}
