package import Backflow

/// The episodes of an agent until its task is solved or the largest number of episodes is reached.
///
/// As defined for OpenAI Gym's CartPole-v0, the task is solved if the mean return is at least 195
/// over 100 consecutive episodes. The returns are those during learning, including exploration.
package struct QLearningRun: Sendable, Equatable {
  /// An episode.
  package struct Episode: Sendable, Equatable {
    /// The undiscounted sum of the rewards, which is the number of steps.
    package let `return`: Double
    /// The samples of the updates during the episode.
    package let silenced: SilencedSamples

    package init(return: Double, silenced: SilencedSamples) {
      (self.return, self.silenced) = (`return`, silenced)
    }
  }

  /// The kind of clipping.
  package let clipping: ErrorClipping
  /// The seed of the weights, the initial states, the exploration, and the batches.
  package let seed: UInt64
  /// The episodes in order.
  package private(set) var episodes: [Episode]
  /// The findings of a health monitor that observed every hundredth update.
  package private(set) var findings: [Finding] = []

  package init(_ clipping: ErrorClipping, seed: UInt64, episodes: [Episode]) {
    (self.clipping, self.seed, self.episodes) = (clipping, seed, episodes)
  }

  /// Trains an agent from scratch. The same arguments give the same run.
  ///
  /// - Throws: `GradientClippingError` if the norm of a gradient to be clipped is not finite.
  package init(
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
  package var episodeReturns: [Double] { episodes.map(\.return) }

  /// The mean return over the last 100 episodes, or over all if there are fewer, or 0 if there are
  /// none.
  package var meanReturn: Double {
    let last = episodes.suffix(100)
    return last.isEmpty ? 0 : last.reduce(0) { $0 + $1.return } / Double(last.count)
  }

  /// The number of episodes after which the mean return over the last 100 reached 195, or `nil` if
  /// it never did.
  package var episodesTo195: Int? { isSolved ? episodes.count : nil }

  private var isSolved: Bool { episodes.count >= 100 && meanReturn >= 195 }
}

// MARK: - Samples with zero gradient

extension QLearningRun {
  /// The samples of the complete run.
  package var silenced: SilencedSamples {
    episodes.reduce(into: SilencedSamples()) { $0 += $1.silenced }
  }

  /// The fraction of all samples that are beyond the limit and have a gradient of exactly 0.
  package var silencedShare: Double { silenced.share }

  /// The largest such fraction in any episode.
  package var peakSilencedShare: Double { episodes.map(\.silenced.share).max() ?? 0 }

  /// The fraction of the failures with a gradient of exactly 0.
  package var silencedShareOfFailures: Double { silenced.shareOfFailures }
}
