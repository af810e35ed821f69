internal import Backflow

extension ClippedError {
  func report(_ comparison: QLearningComparison) -> LessonReport {
    let inside = QLearningSummary(runs: comparison.runs(.insideSquare))
    return LessonReport(
      .clippedError, claims: claims(comparison), failure: failure(inside),
      findings: comparison.runs.flatMap(\.findings) + audit(.insideSquare).findings(),
      cure: cure(comparison),
      runs: comparison.runs.map {
        .init(
          variant: $0.clipping.key, seed: $0.seed, meanReturn: $0.meanReturn,
          episodesTo195: $0.episodesTo195, silencedShare: $0.silencedShare)
      },
      figures: [("", LossShapes().picture.svg), ("training", picture(comparison).svg)])
  }

  private func claims(_ comparison: QLearningComparison) -> [Claim] {
    func summary(_ clipping: ErrorClipping) -> QLearningSummary {
      QLearningSummary(runs: comparison.runs(clipping))
    }
    let (inside, others) = (
      summary(.insideSquare), [ErrorClipping.huber, .gradientNorm].map(summary)
    )
    return [
      Claim(
        "Agents whose error is clipped inside the square balance the pole for at most 60 of 200 steps at"
          + " the end, on average.", inside.meanReturn.mean, atMost: 60),
      Claim(
        "For at least a fifth of their failures, the gradient is exactly zero.",
        inside.silenced.shareOfFailures, atLeast: 0.2),
      Claim(
        "With Huber's loss and with a clipped gradient, it is zero for no sample beyond the limit.",
        others.map(\.silenced.share).max() ?? .nan, atMost: 0),
      Claim(
        "These agents balance it for at least 100 steps.",
        others.map(\.meanReturn.mean).min() ?? .nan, atLeast: 100),
    ]
  }

  private func failure(_ inside: QLearningSummary) -> LessonReport.Account {
    let (mean, least, most) = inside.meanReturn
    let peak = inside.runs.map(\.peakSilencedShare).max() ?? 0
    return LessonReport.Account(
      [
        "An agent learns to balance a pole. Its error δ is clipped to"
          + " ±\(figure(Double(settings.errorLimit))) and then squared. Over \(inside.runs.count) seeds,"
          + " the mean return of the last 100 episodes is \(figure(mean)) (\(figure(least)) to"
          + " \(figure(most))), and \(inside.solvedCount) of the agents reach 195 of 200, at which the"
          + " task counts as solved and the training ends.",
        "The gradient is exactly zero for \(percent(inside.silenced.share)) of all samples, for"
          + " \(percent(peak)) in the worst episode, and for \(percent(inside.silenced.shareOfFailures))"
          + " of the failures, which are the only evidence of a bad state.",
      ],
      [
        "mean_return": mean, "least_mean_return": least, "most_mean_return": most,
        "solved_seeds": Double(inside.solvedCount), "silenced_share": inside.silenced.share,
        "peak_silenced_share": peak,
        "silenced_share_of_failures": inside.silenced.shareOfFailures,
      ])
  }

  private func cure(_ comparison: QLearningComparison) -> LessonReport.Account {
    var measures: [String: Double] = [:]
    let lines = [ErrorClipping.huber, .gradientNorm].map { clipping in
      let summary = QLearningSummary(runs: comparison.runs(clipping))
      let (mean, least, most) = summary.meanReturn
      measures[clipping.key + "_mean_return"] = mean
      measures[clipping.key + "_least_mean_return"] = least
      measures[clipping.key + "_most_mean_return"] = most
      measures[clipping.key + "_solved_seeds"] = Double(summary.solvedCount)
      measures[clipping.key + "_silenced_share"] = summary.silenced.share
      let episodes = summary.runs.compactMap(\.episodesTo195)
      let after = episodes.min().flatMap { first in
        episodes.max().map { last in
          ", after \(first)\(last > first ? " to \(last)" : "") episodes"
        }
      }
      return "\(clipping.title): the mean return is \(figure(mean)) (\(figure(least)) to"
        + " \(figure(most))); the seeds that reach 195 are \(summary.solvedCount) of"
        + " \(summary.runs.count)\(after ?? ""); \(percent(summary.silenced.share)) of the gradients are zero."
    }
    return LessonReport.Account(lines.map { $0.prefix(1).uppercased() + $0.dropFirst() }, measures)
  }

  /// Draws the learning curves for each kind of clipping, in one panel each, with equal axes.
  private func picture(_ comparison: QLearningComparison) -> ChartFigure {
    let longest = comparison.runs.map(\.episodes.count).max() ?? 1
    return ChartFigure(
      "Agents with errors clipped inside the square lose what they learned; the others keep it",
      notes: [
        "A Q-network learns to balance a pole, with three kinds of error clipping and \(seedCount)"
          + " seeds each. Line: mean over the seeds. Band: range over the seeds."
      ],
      panels: ErrorClipping.allCases.map { clipping in
        let summary = QLearningSummary(runs: comparison.runs(clipping))
        let curve = summary.curve(window: 20)
        return LineChart(
          clipping.title.prefix(1).uppercased() + clipping.title.dropFirst(),
          horizontal: .linear("episode", 0...Double(longest)),
          vertical: .linear("return (mean of 20 episodes), steps", 0...205),
          series: [
            .init(
              "zero gradient: \(percent(summary.silenced.share))"
                + " (of failures: \(percent(summary.silenced.shareOfFailures)))",
              x: curve.mean.indices.map { Double($0 + 1) }, curve.mean, band: curve.range,
              hue: clipping.hue)
          ],
          marks: [
            .init(
              at: 195, "195 over 100 episodes: \(summary.solvedCount) of \(seedCount) seeds")
          ])
      })
  }
}
