internal import Backflow

extension BatchNormGraph {
  func report(_ outcome: Outcome) -> LessonReport {
    LessonReport(
      .batchNorm, failure: failure(outcome),
      findings: outcome.wrongError > GradientCheck.tolerance ? [finding(outcome)] : [],
      cure: cure(outcome),
      figure: picture(outcome).svg)
  }

  private func failure(_ outcome: Outcome) -> LessonReport.Account {
    LessonReport.Account(
      [
        "A backward pass that takes mean and variance for constants, x̄ = γ r ȳ, is wrong by"
          + " \(percent(outcome.wrongError)) of the largest gradient.",
        "Trained with it for \(steps) steps, the bias below the normalisation, which has no influence"
          + " on anything, grows to a length of \(figure(outcome.wrongBias)), and"
          + " \(percent(outcome.wrongAccuracy)) of the held-out digits are classified correctly.",
      ],
      [
        "relative_error": outcome.wrongError, "bias_norm": outcome.wrongBias,
        "accuracy": outcome.wrongAccuracy,
      ])
  }

  private func cure(_ outcome: Outcome) -> LessonReport.Account {
    LessonReport.Account(
      [
        "Step by step, every local gradient is a line; their sum agrees with the closed form to"
          + " \(figure(outcome.difference)) and with finite differences to"
          + " \(figure(outcome.rightError)).",
        "Trained with it, the bias stays at \(figure(outcome.rightBias)), and"
          + " \(percent(outcome.rightAccuracy)) are classified correctly.",
      ],
      [
        "staged_against_fused": outcome.difference, "relative_error": outcome.rightError,
        "bias_norm": outcome.rightBias, "accuracy": outcome.rightAccuracy,
      ])
  }

  private func finding(_ outcome: Outcome) -> Finding {
    Finding(
      .wrongGradient, .failure, layer: "ConstantStatisticsNorm", step: 0,
      measured: outcome.wrongError, threshold: GradientCheck.tolerance,
      source: "largest error relative to the largest gradient, against fourth-order central"
        + " differences",
      statement: "the gradient by the input of ConstantStatisticsNorm is wrong by"
        + " \(percent(outcome.wrongError))",
      reason:
        "It misses two of the three ways in which the input acts: through the mean and through"
        + " the variance.",
      cure: "Follow every arrow of the graph back; where two leave a value, add their gradients.")
  }

  private func picture(_ outcome: Outcome) -> GraphFigure {
    GraphFigure(
      outcome.graph,
      title:
        "Batch normalisation, forwards and backwards: where two arrows leave, gradients add up",
      notes: [
        "x, c, q, x̂, z and y have shape [\(batch), \(features)]; μ, v, s, r, γ and β have"
          + " [\(features)]. Staged and fused layer agree to \(figure(outcome.difference))."
      ])
  }
}
