internal import Backflow
internal import RealModule

/// A Q-network whose errors are clipped before they are squared learns nothing from the largest of
/// them; beside it Huber's loss, and a limit on the norm of the gradient. See `QLearningComparison`.
package struct ClippedError {
  /// The first seed; the others follow it.
  package var seed: UInt64
  /// How many agents are trained for each place of the limit.
  package var seedCount = 5
  /// What they have in common.
  package var settings = QLearningSettings()

  /// The lesson as it is held, drawn from `seed`.
  package init(seed: UInt64) { self.seed = seed }

  /// Holds the lesson.
  package func run() throws -> LessonReport { report(try comparison()) }

  /// Trains all agents.
  func comparison() throws -> QLearningComparison {
    try QLearningComparison.run(
      seeds: (0..<UInt64(seedCount)).map { seed &+ $0 }, settings: settings)
  }

  /// Tries each loss at single errors, on both sides of the limit.
  func audit(_ clipping: ErrorClipping) -> LossAudit<Float> {
    LossAudit(clipping.title, scale: Double(settings.errorLimit)) { errors in
      let each = errors.elements.map {
        clipping.loss(Tensor([$0]), .zeros([1]), limit: settings.errorLimit)
      }
      return (Tensor(each.map(\.loss)), Tensor(each.map { $0.gradient[0] }))
    }
  }
}

extension ErrorClipping {
  /// What it is called in a report.
  var title: String {
    switch self {
    case .insideSquare: "error clipped, then squared"
    case .huber: "Huber's loss"
    case .gradientNorm: "norm of the gradient clipped"
    }
  }

  /// What it is called in JSON.
  var key: String {
    switch self {
    case .insideSquare: "inside_square"
    case .huber: "huber"
    case .gradientNorm: "gradient_norm"
    }
  }

  var hue: LineChart.Hue {
    switch self {
    case .insideSquare: .alarm
    case .huber: .calm
    case .gradientNorm: .accent
    }
  }
}

/// How the agents of one place of the limit fared together.
struct QLearningSummary {
  let runs: [QLearningRun]

  /// The mean over the seeds of the mean return of the last 100 episodes, the least and the greatest.
  var meanReturn: (mean: Double, least: Double, most: Double) {
    let returns = runs.map(\.meanReturn)
    let (least, most) = returns.bounds
    return (returns.reduce(0, +) / Double(returns.count), least, most)
  }

  /// How many seeds reached a mean return of 195 over 100 episodes.
  var solvedCount: Int { runs.count { $0.episodesTo195 != nil } }

  /// The samples of all runs.
  var silenced: SilencedSamples { runs.reduce(into: SilencedSamples()) { $0 += $1.silenced } }

  /// The learning curves side by side, from episode 1: at each the mean return of the last `window`
  /// episodes, as mean, least and greatest over the seeds. A run that ended stays at its last value.
  func curve(window: Int) -> (mean: [Double], range: [ClosedRange<Double>]) {
    let curves = runs.map { run in
      run.episodeReturns.indices.map { episode in
        let part = run.episodeReturns[max(0, episode + 1 - window)...episode]
        return part.reduce(0, +) / Double(part.count)
      }
    }
    let length = curves.map(\.count).max() ?? 0
    let values = (0..<length).map { episode in
      curves.compactMap { episode < $0.count ? $0[episode] : $0.last }
    }
    return (
      values.map { $0.reduce(0, +) / Double($0.count) },
      values.map { $0.bounds.least...$0.bounds.most }
    )
  }
}
