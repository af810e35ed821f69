internal import Backflow

extension BatchNormGraph {
  func report(_ outcome: Outcome) -> LessonReport {
    LessonReport(
      .batchNorm, claims: claims(outcome), failure: failure(outcome),
      findings: outcome.wrongError > GradientCheck.tolerance ? [finding(outcome)] : [],
      cure: cure(outcome),
      figures: [("", picture(outcome).svg)])
  }

  private func claims(_ outcome: Outcome) -> [Claim] {
    [
      Claim(
        "Elementary steps and closed form agree to 1e-13.", outcome.difference, atMost: 1e-13),
      Claim(
        "Their gradient agrees with finite differences to 1e-7 of the largest gradient.",
        outcome.rightError, atMost: 1e-7),
      Claim(
        "With constant statistics, the gradient is wrong by at least 10 % of the largest gradient.",
        outcome.wrongError, atLeast: 0.1),
      Claim(
        "The bias before the normalization grows at least a thousand times as much with the wrong"
          + " gradient as with the right one.", outcome.wrongBias / outcome.rightBias,
        atLeast: 1e3),
    ]
  }

  private func failure(_ outcome: Outcome) -> LessonReport.Account {
    LessonReport.Account(
      [
        "A backward pass that treats mean and variance as constants, x̄ = γ r ȳ, has an error of"
          + " \(percent(outcome.wrongError)) of the largest gradient.",
        "After \(steps) steps of training with it, the bias before the normalization, which has no effect"
          + " on the output, has grown to a norm of \(figure(outcome.wrongBias)), and"
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
        "Each local gradient is one line of code. With every edge followed back, and the gradients of a"
          + " value with two uses added, they agree with the closed form to"
          + " \(figure(outcome.difference)) and with finite differences to"
          + " \(figure(outcome.rightError)).",
        "After training with it, the norm of the bias is \(figure(outcome.rightBias)), and"
          + " \(percent(outcome.rightAccuracy)) of the held-out digits are classified correctly.",
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
      statement: "the gradient with respect to the input of ConstantStatisticsNorm has an error of"
        + " \(percent(outcome.wrongError))",
      reason:
        "It omits two of the three paths from the input to the output: those through the mean and"
        + " the variance.",
      cure: "Follow every edge of the graph back, and add the gradients of a value with two uses.")
  }

  private func picture(_ outcome: Outcome) -> GraphFigure {
    GraphFigure(
      outcome.graph,
      title:
        "Batch normalization, forward and backward: the gradients of a value with two uses are added",
      notes: [
        "x, c, q, x̂, z, and y have shape [\(batch), \(features)]; μ, v, s, r, γ, and β have"
          + " shape [\(features)]. The staged and the fused layer agree to \(figure(outcome.difference))."
      ])
  }
}
