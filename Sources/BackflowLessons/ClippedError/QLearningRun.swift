public import Backflow

/// How one agent fared: its episodes until its task was solved, or until it had its number of them.
///
/// Solved, as OpenAI Gym defines it for CartPole-v0, means a mean return of at least 195 over 100
/// consecutive episodes. The returns are those of the learning agent, exploration included.
public struct QLearningRun: Sendable, Equatable {
  /// One episode.
  public struct Episode: Sendable, Equatable {
    /// The sum of its rewards, undiscounted: the number of steps.
    public let `return`: Double
    /// What the updates during the episode learned from, and what they did not.
    public let silenced: SilencedSamples

    package init(return: Double, silenced: SilencedSamples) {
      (self.return, self.silenced) = (`return`, silenced)
    }
  }

  /// Where the limit on the error was put.
  public let clipping: ErrorClipping
  /// The seed of the network's weights, the starts, the exploration and the batches.
  public let seed: UInt64
  /// The episodes in their order.
  public private(set) var episodes: [Episode]
  /// What a health monitor found that looked at every hundredth update.
  public private(set) var findings: [Finding] = []

  package init(_ clipping: ErrorClipping, seed: UInt64, episodes: [Episode]) {
    (self.clipping, self.seed, self.episodes) = (clipping, seed, episodes)
  }

  /// Trains an agent from scratch. The same arguments give the same run.
  ///
  /// - Throws: `GradientClippingError` if a gradient to be clipped by its norm is not finite.
  public init(
    _ clipping: ErrorClipping, seed: UInt64, settings: QLearningSettings = QLearningSettings()
  ) throws(GradientClippingError) {
    self.init(clipping, seed: seed, episodes: [])
    var agent = QLearningAgent(clipping, settings, seed: seed)
    while episodes.count < settings.episodes && !isSolved {
      episodes.append(try agent.playEpisode())
    }
    findings = agent.findings
  }
}

// MARK: - Returns

extension QLearningRun {
  /// The return of each episode: the learning curve.
  public var episodeReturns: [Double] { episodes.map(\.return) }

  /// The mean return over the last 100 episodes, or over all if there are fewer; 0 without any.
  public var meanReturn: Double {
    let last = episodes.suffix(100)
    return last.isEmpty ? 0 : last.reduce(0) { $0 + $1.return } / Double(last.count)
  }

  /// The number of episodes after which the mean return over the last 100 reached 195; `nil` if it
  /// never did.
  public var episodesTo195: Int? { isSolved ? episodes.count : nil }

  private var isSolved: Bool { episodes.count >= 100 && meanReturn >= 195 }
}

// MARK: - What was not learned from

extension QLearningRun {
  /// The samples of the whole run.
  public var silenced: SilencedSamples {
    episodes.reduce(into: SilencedSamples()) { $0 += $1.silenced }
  }

  /// The share of samples beyond the limit whose gradient was exactly 0, over the whole run.
  public var silencedShare: Double { silenced.share }

  /// The largest such share of any one episode.
  public var peakSilencedShare: Double { episodes.map(\.silenced.share).max() ?? 0 }

  /// The share of the failures whose gradient was exactly 0, over the whole run.
  public var silencedShareOfFailures: Double { silenced.shareOfFailures }
}
