public import Backflow

/// The lesson of the clipped error: one agent, one task, three places for the same good intention.
///
/// A Q-network is often wrong by a lot, and one wants no such error to make a large step. To clip the
/// error before it is squared, as an implementation of DQN once did, takes the large errors out of
/// the gradient altogether. The largest of all are the failures, which the network did not see
/// coming; they are few, and they are all that tells a good state from a bad one. Huber's loss, or
/// a limit on the gradient itself, keeps them.
///
/// Karpathy, "Yes you should understand backprop", 2016, section "Spotted in the wild: DQN clipping".
public struct QLearningComparison: Sendable, Equatable {
  /// All runs, by place of the limit and then by seed.
  public let runs: [QLearningRun]

  /// The runs with the limit in this place, by seed.
  public func runs(_ clipping: ErrorClipping) -> [QLearningRun] {
    runs.filter { $0.clipping == clipping }
  }

  /// Trains an agent for each place of the limit and each seed, `Threads.count` of them at a time.
  ///
  /// An agent draws from its own seed only, so how the runs share the threads changes nothing. With
  /// one seed the three agents start with the same weights.
  ///
  /// - Parameter finished: is told of each run when it is done, in no certain order.
  /// - Throws: `GradientClippingError` if a training diverged.
  public static func run(
    seeds: [UInt64] = [1, 2, 3, 4, 5], clippings: [ErrorClipping] = ErrorClipping.allCases,
    settings: QLearningSettings = QLearningSettings(),
    finished: @escaping @Sendable (QLearningRun) -> Void = { _ in }
  ) throws(GradientClippingError) -> QLearningComparison {
    let agents = clippings.flatMap { clipping in seeds.map { (clipping: clipping, seed: $0) } }
    let results = concurrentMap(agents) { agent in
      Result { () throws(GradientClippingError) in
        let run = try QLearningRun(agent.clipping, seed: agent.seed, settings: settings)
        finished(run)
        return run
      }
    }
    return QLearningComparison(
      runs: try results.map { result throws(GradientClippingError) in try result.get() })
  }
}
