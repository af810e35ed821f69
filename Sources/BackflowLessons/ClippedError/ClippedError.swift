internal import Backflow
internal import RealModule

/// A lesson about error clipping: a Q-network whose errors are clipped before they are squared
/// learns nothing from the largest errors. It is compared with Huber's loss and with a limit on the
/// norm of the gradient. See `QLearningComparison`.
package struct ClippedError {
  /// The first seed; the others are consecutive.
  package var seed: UInt64
  /// The number of agents for each kind of clipping.
  package var seedCount = 3
  /// The common settings of the agents.
  package var settings = QLearningSettings()

  /// Creates the lesson with its default settings.
  package init(seed: UInt64) { self.seed = seed }

  /// Runs the lesson.
  package func run() throws -> LessonReport { report(try comparison()) }

  /// Trains all agents.
  func comparison() throws -> QLearningComparison {
    try QLearningComparison.run(
      seeds: (0..<UInt64(seedCount)).map { seed &+ $0 }, settings: settings)
  }

  /// Audits each loss at single errors on both sides of the limit.
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
  /// The name in reports.
  var title: String {
    switch self {
    case .insideSquare: "error clipped, then squared"
    case .huber: "Huber's loss"
    case .gradientNorm: "norm of the gradient clipped"
    }
  }

  /// The name in JSON.
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

/// A summary of the runs with one kind of clipping.
struct QLearningSummary {
  let runs: [QLearningRun]

  /// The mean, minimum, and maximum over the seeds of the mean return of the last 100 episodes.
  var meanReturn: (mean: Double, least: Double, most: Double) {
    let returns = runs.map(\.meanReturn)
    let (least, most) = returns.bounds
    return (returns.reduce(0, +) / Double(returns.count), least, most)
  }

  /// The number of seeds that reached a mean return of 195 over 100 episodes.
  var solvedCount: Int { runs.count { $0.episodesTo195 != nil } }

  /// The sample counts of all runs.
  var silenced: SilencedSamples { runs.reduce(into: SilencedSamples()) { $0 += $1.silenced } }

  /// Returns the learning curves from episode 1: for each episode, the mean, minimum, and maximum
  /// over the seeds of the mean return of the last `window` episodes. A run that has ended keeps
  /// its last value.
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
