internal import Backflow

extension ClippedError {
  func report(_ comparison: QLearningComparison) -> LessonReport {
    let inside = QLearningSummary(runs: comparison.runs(.insideSquare))
    return LessonReport(
      .clippedError, failure: failure(inside),
      findings: comparison.runs.flatMap(\.findings) + audit(.insideSquare).findings(),
      cure: cure(comparison),
      runs: comparison.runs.map {
        .init(
          variant: $0.clipping.key, seed: $0.seed, meanReturn: $0.meanReturn,
          episodesTo195: $0.episodesTo195, silencedShare: $0.silencedShare)
      },
      figure: picture(comparison).svg)
  }

  private func failure(_ inside: QLearningSummary) -> LessonReport.Account {
    let (mean, least, most) = inside.meanReturn
    let peak = inside.runs.map(\.peakSilencedShare).max() ?? 0
    return LessonReport.Account(
      [
        "An agent balances a pole; its error δ is clipped to ±\(figure(Double(settings.errorLimit)))"
          + " and then squared. Over \(inside.runs.count) seeds the mean return of its last 100 episodes"
          + " is \(figure(mean)) (\(figure(least)) to \(figure(most))); \(inside.solvedCount) of them reach"
          + " 195 of 200, where the task counts as solved and an agent stops.",
        "The gradient of \(percent(inside.silenced.share)) of all samples is exactly zero, in the worst"
          + " episode of \(percent(peak)); of the failures, all that tells a good state from a bad"
          + " one, it is \(percent(inside.silenced.shareOfFailures)).",
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
        episodes.max().map { ", after \(first) to \($0) episodes" }
      }
      return "\(clipping.title): \(summary.solvedCount) of \(summary.runs.count) seeds reach 195"
        + "\(after ?? ""); \(percent(summary.silenced.share)) silenced."
    }
    return LessonReport.Account(lines.map { $0.prefix(1).uppercased() + $0.dropFirst() }, measures)
  }

  /// The learning curves of each place of the limit, a panel each, on the same axes.
  private func picture(_ comparison: QLearningComparison) -> ChartFigure {
    let longest = comparison.runs.map(\.episodes.count).max() ?? 1
    return ChartFigure(
      "Errors clipped inside the square teach nothing; a limit on the gradient keeps them",
      notes: [
        "A Q-network learns to balance a pole, three places for the limit on its error, \(seedCount)"
          + " seeds each. Line: mean over the seeds; band: from the worst to the best of them."
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
              "silenced: \(percent(summary.silenced.share)) of samples,"
                + " \(percent(summary.silenced.shareOfFailures)) of failures",
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
