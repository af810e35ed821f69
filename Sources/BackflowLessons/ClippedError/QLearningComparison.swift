package import Backflow

/// A comparison of three kinds of error clipping with the same agent and the same task.
///
/// The errors of a Q-network are often large, and clipping is intended to prevent a large step.
/// Clipping the error before it is squared, as an implementation of DQN once did, removes large
/// errors from the gradient altogether. The largest errors are the failures, which the network does
/// not expect; they are rare, and they are the only evidence of a bad state. Huber's loss and a
/// limit on the gradient preserve them.
///
/// Karpathy, "Yes you should understand backprop", 2016, section "Spotted in the wild: DQN
/// clipping".
package struct QLearningComparison: Sendable, Equatable {
  /// All runs, ordered by kind of clipping and then by seed.
  package let runs: [QLearningRun]

  /// Returns the runs with one kind of clipping, ordered by seed.
  package func runs(_ clipping: ErrorClipping) -> [QLearningRun] {
    runs.filter { $0.clipping == clipping }
  }

  /// Trains an agent for each kind of clipping and each seed, `Threads.count` at a time.
  ///
  /// An agent uses only its own seed, so that the result does not depend on the schedule of the
  /// threads. Agents with the same seed start with the same weights.
  ///
  /// - Parameter finished: A closure that is called with each completed run, in no particular
  ///   order.
  /// - Throws: `GradientClippingError` if a training diverges.
  package static func run(
    seeds: [UInt64] = [1, 2, 3], clippings: [ErrorClipping] = ErrorClipping.allCases,
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
